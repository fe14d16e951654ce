namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>What CreateFleet asks for.</summary>
/// <param name="Pools">Where it may launch, in the order given.</param>
/// <param name="Spot">The part to be spot; its target may be 0.</param>
/// <param name="OnDemand">The part to be on-demand; its target may be 0.</param>
/// <param name="DefaultType">spot or on-demand.</param>
/// <param name="FleetTags">Tags of the fleet itself.</param>
/// <param name="InstanceTags">Tags of its instances, beyond those of the template.</param>
internal sealed record FleetRequest(
    IReadOnlyList<FleetPool> Pools, FleetTarget Spot, FleetTarget OnDemand, string DefaultType, TagSet FleetTags, TagSet InstanceTags);
