using Runctl.Sandbox.Ec2.Tagging;

namespace Runctl.Sandbox.Ec2;

/// <summary>The spot request behind an instance.</summary>
internal sealed class SpotRequest(string id, SpotOrder order, InstanceRecord instance) : ITagged
{
    private volatile TagSet _tags = order.Tags;
    private volatile SpotRequestStatus _status = new("active", "fulfilled", "Your Spot request is fulfilled.", instance.Created);

    public string Id { get; } = id;

    public SpotOrder Order { get; } = order;

    public InstanceRecord Instance { get; } = instance;

    public DateTimeOffset Created { get; } = instance.Created;

    string ITagged.ResourceId => Id;

    string ITagged.ResourceType => "spot-instances-request";

    public TagSet Tags
    {
        get => _tags;
        set => _tags = value;
    }

    /// <summary>State and status; replaced as one.</summary>
    public SpotRequestStatus Status => _status;

    /// <summary>Cancels it; its instance goes on.</summary>
    public void Cancel(DateTimeOffset time)
    {
        if (_status.State is not ("closed" or "cancelled"))
        {
            var running = Instance.State is InstanceState.Pending or InstanceState.Running;
            _status = running
                ? new("cancelled", "request-canceled-and-instance-running",
                    "Your Spot request is canceled, but your instance is still running.", time)
                : new("cancelled", "canceled-before-fulfillment", "Your Spot request is canceled before it was fulfilled.", time);
        }
    }

    /// <summary>Moves on. What is closed stays as it is, and what is cancelled stays cancelled whatever becomes of its instance.</summary>
    public void Move(string state, string code, string message, DateTimeOffset time)
    {
        if (_status.State != "closed")
        {
            _status = new SpotRequestStatus(_status.State == "cancelled" ? "cancelled" : state, code, message, time);
        }
    }
}
