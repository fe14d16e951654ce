using System.Collections.Immutable;

namespace Runctl.Sandbox.Ec2;

/// <summary>What a launch asks for, checked and complete.</summary>
internal sealed record InstanceOrder
{
    public required string InstanceType { get; init; }

    public required string ImageId { get; init; }

    public required string SubnetId { get; init; }

    public required string AvailabilityZone { get; init; }

    /// <summary>Instances launched by one call share it.</summary>
    public required string ReservationId { get; init; }

    /// <summary>Null for on-demand.</summary>
    public SpotOrder? Spot { get; init; }

    public ImmutableArray<string> SecurityGroupIds { get; init; } = [];

    public string? ProfileName { get; init; }

    public string? KeyName { get; init; }

    /// <summary>Decoded user data.</summary>
    public byte[]? UserData { get; init; }

    public MetadataOptions Metadata { get; init; } = new();

    /// <summary>Whether an instance that shuts itself down is terminated, not stopped.</summary>
    public bool ShutdownTerminates { get; init; }

    /// <summary>Size of the root volume in GiB.</summary>
    public int VolumeSize { get; init; } = 8;

    public string? ClientToken { get; init; }

    public TagSet Tags { get; init; } = TagSet.Empty;

    public TagSet VolumeTags { get; init; } = TagSet.Empty;

    public TagSet InterfaceTags { get; init; } = TagSet.Empty;
}
