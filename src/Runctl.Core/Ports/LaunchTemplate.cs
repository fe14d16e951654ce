namespace Runctl.Ports;

/// <summary>What every instance of a launch is like. The rest is fixed: IMDSv2 required with hop limit 2, encrypted gp3 root, no key pair.</summary>
public sealed record LaunchTemplate
{
    /// <summary>Name, unique to the launch.</summary>
    public required string Name { get; init; }

    /// <summary>Image.</summary>
    public required string ImageId { get; init; }

    /// <summary>The image's root device.</summary>
    public required string RootDeviceName { get; init; }

    /// <summary>Size of the root volume, or null for the image's own.</summary>
    public int? VolumeSizeGiB { get; init; }

    /// <summary>Instance profile: name or ARN, or null.</summary>
    public string? IamInstanceProfile { get; init; }

    /// <summary>Security groups; empty for the network's default one.</summary>
    public IReadOnlyList<string> SecurityGroupIds { get; init; } = [];

    /// <summary>Whether spot requests come of it; EC2 refuses to tag those where there are none.</summary>
    public required bool Spot { get; init; }

    /// <summary>Whether an instance that shuts itself down is stopped; else it is terminated.</summary>
    public bool ShutdownStops { get; init; }

    /// <summary>Tags of instances, volumes, network interfaces and spot requests.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }
}
