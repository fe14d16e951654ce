namespace Runctl.Instances;

/// <summary>An EC2 instance as Runctl sees it.</summary>
public sealed record RunctlInstance
{
    /// <summary>EC2's id, for example <c>i-0123456789abcdef0</c>.</summary>
    public required string InstanceId { get; init; }

    /// <summary>pending, running, shutting-down, terminated, stopping or stopped.</summary>
    public required string State { get; init; }

    /// <summary>For example <c>g5.xlarge</c>.</summary>
    public required string InstanceType { get; init; }

    /// <summary>Whether it is a spot instance.</summary>
    public bool IsSpot { get; init; }

    /// <summary>For example <c>us-east-1a</c>.</summary>
    public string? AvailabilityZone { get; init; }

    /// <summary>The region it is in.</summary>
    public required string Region { get; init; }

    /// <summary>The endpoint it was found at, where it is not AWS itself (a sandbox), else null.</summary>
    public Uri? EndpointUrl { get; init; }

    /// <summary>Profile of the credentials it was found with, or null.</summary>
    public string? ProfileName { get; init; }

    /// <summary>When it was launched, or last started, UTC.</summary>
    public DateTimeOffset? LaunchTime { get; init; }

    /// <summary>When it was stopped or terminated, UTC; null while it runs or where EC2 does not say.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>How long it has been running since it was launched or last started, or did until it ended; null where unknown.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Image it was started from.</summary>
    public string? ImageId { get; init; }

    /// <summary>Subnet it is in.</summary>
    public string? SubnetId { get; init; }

    /// <summary>Name of its instance profile, or null where it has none (then SSM can not reach it).</summary>
    public string? IamInstanceProfile { get; init; }

    /// <summary>Ids of its security groups; empty where EC2 does not say, as of one that is terminated.</summary>
    public IReadOnlyList<string> SecurityGroupIds { get; init; } = [];

    /// <summary>Whether its metadata service is on; null where EC2 does not say.</summary>
    public bool? IsMetadataEnabled { get; init; }

    /// <summary>How many network hops an answer of its metadata service (IMDSv2) may take: 1 reaches no container. Null where EC2 does not say.</summary>
    public int? MetadataHopLimit { get; init; }

    /// <summary>EC2's code for why it changed state, for example <c>Server.SpotInstanceTermination</c>.</summary>
    public string? StateReason { get; init; }

    /// <summary>Id of its spot request, or null.</summary>
    public string? SpotInstanceRequestId { get; init; }

    /// <summary>Price of the instance now, in US dollars an hour; null where it is not known. One that is stopped or terminated has the price of its last moment.</summary>
    public decimal? HourlyPrice { get; init; }

    /// <summary>What it cost since it was launched or last started, in US dollars, by the second at the price of the time, without volumes and traffic; null where it is not known.</summary>
    public decimal? Spent { get; init; }

    /// <summary>The newest run on it, or null where there was none.</summary>
    public string? RunId { get; init; }

    /// <summary>State of that run as its guard says; null where there is none or the guard was not reached.</summary>
    public string? TrainingState { get; init; }

    /// <summary>What EC2 does with it when it takes it: terminate, stop or hibernate; null where it is not spot, or was not launched by Runctl and its request was not asked.</summary>
    public string? InterruptionBehavior => !IsSpot ? null : IsManaged ? Tags.GetValueOrDefault(RunctlTags.Interruption, "terminate") : ForeignBehavior;

    /// <summary>The same of an instance that Runctl did not launch, where it was found out.</summary>
    internal string? ForeignBehavior { get; init; }

    /// <summary>Its tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether Runctl launched it (it carries Runctl's tag).</summary>
    public bool IsManaged => Tags.ContainsKey(RunctlTags.Managed);
}
