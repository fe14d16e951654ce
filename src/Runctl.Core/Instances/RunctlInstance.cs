using Runctl.Objects;

namespace Runctl.Instances;

/// <summary>An EC2 instance as Runctl sees it.</summary>
public sealed class RunctlInstance
{
    internal RunctlInstance()
    {
    }

    /// <summary>EC2's id, for example <c>i-0123456789abcdef0</c>.</summary>
    public string InstanceId { get; internal set; } = "";

    /// <summary>When this was read, UTC.</summary>
    public DateTime AsOf { get; internal set; } = TimeProvider.System.GetUtcNow().UtcDateTime;

    /// <summary>pending, running, shutting-down, terminated, stopping or stopped.</summary>
    public string State { get; internal set; } = "";

    /// <summary>For example <c>g5.xlarge</c>.</summary>
    public string InstanceType { get; internal set; } = "";

    /// <summary>Whether it is a spot instance.</summary>
    public bool IsSpot { get; internal set; }

    /// <summary>For example <c>us-east-1a</c>.</summary>
    public string? AvailabilityZone { get; internal set; }

    /// <summary>The region it is in.</summary>
    public string Region { get; internal set; } = "";

    /// <summary>The endpoint it was found at, where it is not AWS itself (a sandbox), else null.</summary>
    public Uri? EndpointUrl { get; internal set; }

    /// <summary>Profile of the credentials it was found with, or null.</summary>
    public string? ProfileName { get; internal set; }

    /// <summary>When it was launched, or last started, UTC.</summary>
    public DateTime? LaunchTime { get; internal set; }

    /// <summary>When it was stopped or terminated, UTC; null while it runs or where EC2 does not say.</summary>
    public DateTime? Ended { get; internal set; }

    /// <summary>How long it has been running since it was launched or last started, or did until it ended; null where unknown.</summary>
    public TimeSpan? Age { get; internal set; }

    /// <summary>Image it was started from.</summary>
    public string? ImageId { get; internal set; }

    /// <summary>Subnet it is in.</summary>
    public string? SubnetId { get; internal set; }

    /// <summary>Name of its instance profile, or null where it has none (then SSM cannot reach it).</summary>
    public string? IamInstanceProfile { get; internal set; }

    /// <summary>Ids of its security groups; empty where EC2 does not say, as of one that is terminated.</summary>
    public IReadOnlyList<string> SecurityGroupIds { get; internal set => field = Readable.List(value); } = Readable.List<string>();

    /// <summary>Whether its metadata service is on; null where EC2 does not say.</summary>
    public bool? IsMetadataEnabled { get; internal set; }

    /// <summary>How many network hops an answer of its metadata service (IMDSv2) may take: 1 reaches no container. Null where EC2 does not say.</summary>
    public int? MetadataHopLimit { get; internal set; }

    /// <summary>EC2's code for why it changed state, for example <c>Server.SpotInstanceTermination</c>.</summary>
    public string? StateReason { get; internal set; }

    /// <summary>Id of its spot request, or null.</summary>
    public string? SpotInstanceRequestId { get; internal set; }

    /// <summary>Price of the instance now, in <see cref="Currency"/> an hour; null where it is not known. One that is stopped or terminated has the price of its last moment.</summary>
    public decimal? HourlyPrice { get; internal set; }

    /// <summary>What it cost since it was launched or last started, in <see cref="Currency"/>, by the second at the price of the time, without volumes and traffic; null where it is not known.</summary>
    public decimal? Cost { get; internal set; }

    /// <summary>Currency of <see cref="HourlyPrice"/> and <see cref="Cost"/>.</summary>
    public string Currency { get; } = Money.Currency;

    /// <summary>The newest run on it, or null where there was none.</summary>
    public string? RunId { get; internal set; }

    /// <summary>State of that run as its guard says; null where there is none or the guard was not reached.</summary>
    public string? TrainingState { get; internal set; }

    /// <summary>What EC2 does with it when it takes it: terminate, stop or hibernate; null where it is not spot, or was not launched by Runctl and its request was not asked.</summary>
    public string? InterruptionBehavior => !IsSpot ? null : IsManaged ? Tags.GetValueOrDefault(RunctlTags.Interruption, "terminate") : ForeignBehavior;

    /// <summary>The same of an instance that Runctl did not launch, where it was found out.</summary>
    internal string? ForeignBehavior { get; set; }

    /// <summary>Its tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; internal set => field = Readable.Table(value); } = Readable.Table<string>();

    /// <summary>Whether Runctl launched it (it carries Runctl's tag).</summary>
    public bool IsManaged => Tags.ContainsKey(RunctlTags.Managed);

    /// <summary>A copy that is changed.</summary>
    internal RunctlInstance With(Action<RunctlInstance> change)
    {
        var copy = (RunctlInstance)MemberwiseClone();
        change(copy);
        return copy;
    }

    /// <summary>The instance's id.</summary>
    public override string ToString() => InstanceId;
}
