using Runctl.Sandbox.Ec2.Tagging;

namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>An instant fleet: it launched what it could when it was created, and does nothing after that.</summary>
internal sealed class Fleet(string id, FleetRequest request, string? clientToken, DateTimeOffset created) : ITagged
{
    private volatile TagSet _tags = request.FleetTags;
    private volatile bool _deleted;

    public string Id { get; } = id;

    public FleetRequest Request { get; } = request;

    public string? ClientToken { get; } = clientToken;

    public DateTimeOffset Created { get; } = created;

    public required IReadOnlyList<FleetLaunch> Launches { get; init; }

    public required IReadOnlyList<FleetError> Errors { get; init; }

    public IEnumerable<InstanceRecord> Instances => Launches.SelectMany(launch => launch.Instances);

    public bool Deleted
    {
        get => _deleted;
        set => _deleted = value;
    }

    public string State => !Deleted ? "active"
        : Instances.All(record => record.State == InstanceState.Terminated) ? "deleted" : "deleted_terminating";

    string ITagged.ResourceId => Id;

    string ITagged.ResourceType => "fleet";

    public TagSet Tags
    {
        get => _tags;
        set => _tags = value;
    }

    /// <summary>Units launched one way.</summary>
    public decimal Fulfilled(string lifecycle) => Launches.Where(launch => launch.Lifecycle == lifecycle)
        .Sum(launch => launch.Instances.Count * (launch.Pool.WeightedCapacity ?? 1));
}
