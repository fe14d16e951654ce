namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>How much of one way to buy a fleet wants, and how.</summary>
/// <param name="IsSpot">Spot or on-demand.</param>
/// <param name="Capacity">Units wanted.</param>
/// <param name="Minimum">Below this nothing is launched at all.</param>
/// <param name="Strategy">The allocation strategy.</param>
/// <param name="SingleInstanceType">Whether all must be of one type.</param>
/// <param name="SingleAvailabilityZone">Whether all must be in one zone.</param>
internal sealed record FleetTarget(
    bool IsSpot, int Capacity, int Minimum, string Strategy, bool SingleInstanceType, bool SingleAvailabilityZone)
{
    public string Lifecycle => IsSpot ? "spot" : "on-demand";

    /// <summary>Whether the strategy goes by the order the caller gave.</summary>
    public bool ByPriority => Strategy is "prioritized" or "capacity-optimized-prioritized";
}
