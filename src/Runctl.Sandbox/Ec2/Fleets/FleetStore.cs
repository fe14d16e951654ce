using System.Collections.Concurrent;

namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>The fleets there are.</summary>
internal sealed class FleetStore
{
    private readonly ConcurrentDictionary<string, Fleet> _fleets = new(StringComparer.Ordinal);

    /// <summary>All, oldest first.</summary>
    public IReadOnlyList<Fleet> All => [.. _fleets.Values.OrderBy(fleet => fleet.Created)];

    /// <summary>Keeps one.</summary>
    public Fleet Add(Fleet fleet) => _fleets[fleet.Id] = fleet;

    /// <summary>A fleet, or null.</summary>
    public Fleet? Find(string id) => _fleets.GetValueOrDefault(id);
}
