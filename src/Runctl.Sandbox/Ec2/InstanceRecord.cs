using Runctl.Sandbox.Ec2.Tagging;

namespace Runctl.Sandbox.Ec2;

/// <summary>An instance as EC2 knows it. Live: only <see cref="InstanceRegistry"/> and the tag actions change it.</summary>
internal sealed class InstanceRecord(InstanceOrder order, string instanceId, string privateIp, DateTimeOffset created) : ITagged
{
    private volatile int _state;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TagSet _tags = order.Tags;
    private volatile SpotNotice? _notice;
    private volatile StateReason? _stateReason;

    /// <summary>What was ordered.</summary>
    public InstanceOrder Order { get; } = order;

    public string InstanceId { get; } = instanceId;

    public string InstanceType => Order.InstanceType;

    public string ImageId => Order.ImageId;

    public string SubnetId => Order.SubnetId;

    public string AvailabilityZone => Order.AvailabilityZone;

    public string PrivateIp { get; } = privateIp;

    /// <summary>E.g. <c>ip-172-31-0-10.ec2.internal</c>.</summary>
    public string PrivateDnsName { get; } = $"ip-{privateIp.Replace('.', '-')}.ec2.internal";

    public bool IsSpot => Order.Spot is not null;

    /// <summary>Null for on-demand.</summary>
    public string? SpotRequestId { get; init; }

    /// <summary>The name of its IAM instance profile, or null.</summary>
    public string? ProfileName => Order.ProfileName;

    /// <summary>Decoded user data, or null.</summary>
    public byte[]? UserData => Order.UserData;

    public MetadataOptions Metadata => Order.Metadata;

    /// <summary>When it was first asked for.</summary>
    public DateTimeOffset Created { get; } = created;

    /// <summary>When it was launched, or started again.</summary>
    public DateTimeOffset LaunchTime { get; set; } = created;

    public InstanceState State
    {
        get => (InstanceState)_state;
        set
        {
            _state = (int)value;
            Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    /// <summary>Completes with the next change of state; to be asked for before the state.</summary>
    public Task StateChanged => Volatile.Read(ref _changed).Task;

    /// <summary>Since when it runs, or null.</summary>
    public DateTimeOffset? RunningSince { get; set; }

    /// <summary>When the state was left that it was in by itself; part of StateTransitionReason.</summary>
    public DateTimeOffset? Ended { get; set; }

    string ITagged.ResourceId => InstanceId;

    string ITagged.ResourceType => "instance";

    /// <summary>Its root volume.</summary>
    public TaggedPart Volume { get; } = new("volume", Ids.Derive("vol", instanceId), order.VolumeTags);

    /// <summary>Its network interface.</summary>
    public TaggedPart Interface { get; } = new("network-interface", Ids.Derive("eni", instanceId), order.InterfaceTags);

    public TagSet Tags
    {
        get => _tags;
        set => _tags = value;
    }

    /// <summary>The interruption notice that stands, or null.</summary>
    public SpotNotice? Notice
    {
        get => _notice;
        set => _notice = value;
    }

    /// <summary>The notice that its metadata show at a time, or null.</summary>
    public SpotNotice? NoticeAt(DateTimeOffset time) => Notice is { } notice && notice.ShownFrom <= time ? notice : null;

    /// <summary>When a rebalance was recommended, or null.</summary>
    public DateTimeOffset? RebalanceNoticeTime { get; set; }

    /// <summary>Why it is no longer running, or null.</summary>
    public StateReason? StateReason
    {
        get => _stateReason;
        set => _stateReason = value;
    }
}
