using Runctl.Configuration;

namespace Runctl.Instances;

/// <summary>What to launch; kept in a run's specification so that a replacement can be launched from it.</summary>
public sealed record LaunchRequest
{
    /// <summary>Instance types that will do, in small letters as EC2 has them; the fleet chooses among them by price and capacity.</summary>
    public required IReadOnlyList<string> InstanceTypes { get; init => field = [.. value.Select(type => type.ToLowerInvariant())]; }

    /// <summary>Subnets that will do; empty for the default subnets of all zones.</summary>
    public IReadOnlyList<string> SubnetIds { get; init; } = [];

    /// <summary>Security groups; empty for the default security group of the VPC.</summary>
    public IReadOnlyList<string> SecurityGroupIds { get; init; } = [];

    /// <summary>Instance profile by which SSM and S3 are reached.</summary>
    public string? IamInstanceProfile { get; init; }

    /// <summary>Image; null for Ubuntu, or the deep-learning image for GPU types.</summary>
    public string? ImageId { get; init; }

    /// <summary>How many instances, all or nothing.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Highest price in US dollars an hour; null for the on-demand price, which interrupts least.</summary>
    public decimal? MaxPrice { get; init; }

    /// <summary>Whether on-demand instances may be launched when there is no spot capacity.</summary>
    public bool OnDemandFallback { get; init; }

    /// <summary>What EC2 does with an instance when it takes it.</summary>
    public RunctlInterruptionBehavior InterruptionBehavior { get; init; }

    /// <summary>Whether EC2 keeps the instance when it takes it: only those of a persistent spot request are kept.</summary>
    internal bool IsPersistent => InterruptionBehavior != RunctlInterruptionBehavior.Terminate;

    /// <summary>Size of the root volume in GiB; null for the image's own.</summary>
    public int? VolumeSizeGiB { get; init; }

    /// <summary>Tags beside Runctl's own.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>What the settings ask for.</summary>
    internal static LaunchRequest Of(RunctlConfiguration configuration) => new()
    {
        InstanceTypes = configuration.DefaultInstanceType is { } type ? [type] : [],
        SubnetIds = configuration.SubnetIds,
        SecurityGroupIds = configuration.SecurityGroupIds,
        IamInstanceProfile = configuration.IamInstanceProfile,
        ImageId = configuration.ImageId,
        MaxPrice = configuration.SpotMaxPrice,
        OnDemandFallback = configuration.OnDemandFallback,
    };
}
