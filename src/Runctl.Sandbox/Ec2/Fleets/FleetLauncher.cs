using Runctl.Sandbox.Ec2.Catalog;
using Runctl.Sandbox.Ec2.Launching;

namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>Launches a fleet. What goes wrong in a pool is an entry of the answer, never a refusal of the whole.</summary>
internal sealed class FleetLauncher(InstanceRegistry registry, LaunchPlanner planner, PoolLimits limits, SpotQuota quota, TimeProvider clock)
{
    /// <summary>Launches what can be launched; <paramref name="demand"/> refuses what the caller may not launch.</summary>
    public Fleet Launch(FleetRequest request, string? clientToken, Action<InstanceOrder, LaunchTemplate> demand)
    {
        var id = $"fleet-{Guid.NewGuid()}";
        var launches = new List<FleetLaunch>();
        var errors = new List<FleetError>();
        foreach (var target in new[] { request.OnDemand, request.Spot }.Where(target => target.Capacity > 0))
        {
            var candidates = request.Pools.Select(pool => Look(pool, target, id, request.InstanceTags, demand))
                .OrderBy(candidate => target.ByPriority ? candidate.Pool.Priority ?? decimal.MaxValue : 0)
                .ThenBy(candidate => candidate.Price).ToList();
            var plan = FleetPlan.Make(target, candidates, target.IsSpot ? quota.Left : int.MaxValue);
            errors.AddRange(plan.Errors);
            launches.AddRange(plan.Shares.Select(share => new FleetLaunch(share.Candidate.Pool, target.Lifecycle,
                [.. Enumerable.Range(0, share.Count).Select(_ => registry.Launch(share.Candidate.Order!))])));
        }

        return new Fleet(id, request, clientToken, clock.GetUtcNow()) { Launches = launches, Errors = errors };
    }

    private FleetCandidate Look(FleetPool pool, FleetTarget target, string fleetId, TagSet instanceTags, Action<InstanceOrder, LaunchTemplate> demand)
    {
        var tags = instanceTags.With(
        [
            new("aws:ec2:fleet-id", fleetId),
            new("aws:ec2launchtemplate:id", pool.Template.Id),
            new("aws:ec2launchtemplate:version", "1"),
        ]);
        try
        {
            var order = planner.Plan(pool.Specification(target.IsSpot, tags), Ids.New("r"), fleetId);
            demand(order, pool.Template);
            var type = InstanceTypeTable.Find(order.InstanceType)!;
            var price = (target.IsSpot ? SpotPrices.At(type, order.AvailabilityZone, clock.GetUtcNow()) : type.OnDemandPrice)
                / (pool.WeightedCapacity ?? 1);
            return limits.Find(order.InstanceType, order.AvailabilityZone, target.IsSpot) is var (room, code)
                ? new FleetCandidate(pool, order, price, room, new FleetError(
                    pool, target.Lifecycle, code, PoolLimits.Message(code, order.InstanceType, order.AvailabilityZone)))
                : new FleetCandidate(pool, order, price, int.MaxValue, null);
        }
        catch (Ec2Exception e)
        {
            // What RunInstances calls unsupported has another name in a fleet.
            var code = e.Code == "Unsupported" ? "InvalidFleetConfiguration" : e.Code;
            return new FleetCandidate(pool, null, 0, 0, new FleetError(pool, target.Lifecycle, code, e.Message));
        }
    }
}
