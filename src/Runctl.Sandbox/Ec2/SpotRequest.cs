namespace Runctl.Sandbox.Ec2;

/// <summary>The spot request behind an instance.</summary>
internal sealed class SpotRequest(string id, SpotOrder order, InstanceRecord instance)
{
    private volatile TagSet _tags = order.Tags;
    private volatile SpotRequestStatus _status = new("active", "fulfilled", "Your Spot request is fulfilled.", instance.Created);

    public string Id { get; } = id;

    public SpotOrder Order { get; } = order;

    public InstanceRecord Instance { get; } = instance;

    public DateTimeOffset Created { get; } = instance.Created;

    public TagSet Tags
    {
        get => _tags;
        set => _tags = value;
    }

    /// <summary>State and status; replaced as one.</summary>
    public SpotRequestStatus Status => _status;

    /// <summary>Moves on. What is closed stays as it is, and what is cancelled stays cancelled whatever becomes of its instance.</summary>
    public void Move(string state, string code, string message, DateTimeOffset time)
    {
        if (_status.State != "closed")
        {
            _status = new SpotRequestStatus(_status.State == "cancelled" ? "cancelled" : state, code, message, time);
        }
    }
}
