using System.Globalization;
using Runctl.Ports;

namespace Runctl.Instances;

/// <summary>Says which pools a launch has chosen, and why not the others.</summary>
internal static class PoolDecision
{
    private const int MostPools = 12;

    /// <summary>A line for each pool that was chosen, then one for each other pool.</summary>
    /// <param name="plan">What was asked for.</param>
    /// <param name="launched">What EC2 launched.</param>
    /// <param name="refused">The pools that EC2 refused, with its reasons.</param>
    public static IEnumerable<string> Describe(LaunchPlan plan, IReadOnlyList<RunctlInstance> launched, IReadOnlyList<PoolError> refused)
    {
        var chosen = launched.GroupBy(i => (i.InstanceType, Zone: i.AvailabilityZone)).ToList();
        foreach (var pool in chosen)
        {
            var how = pool.First().IsSpot ? $"spot{Price(plan, pool.Key.InstanceType, pool.Key.Zone)}, chosen by price and by how likely an interruption is" : "on-demand, because no pool has spot capacity";
            yield return $"Pool {pool.Key.InstanceType} in {pool.Key.Zone} is used for {string.Join(", ", pool.Select(i => i.InstanceId))}: {how}.";
        }

        var others = (from type in plan.Request.InstanceTypes
                      from subnet in plan.SubnetRecords
                      where !chosen.Exists(pool => pool.Key == (type, subnet.AvailabilityZone))
                      select (Type: type, subnet.AvailabilityZone, subnet.SubnetId)).Distinct().ToList();
        foreach (var (type, zone, subnet) in others.Take(MostPools))
        {
            yield return $"Pool {type} in {zone} is not used{Price(plan, type, zone, " (", ")")}: {Reason(plan, launched, refused, type, zone, subnet)}.";
        }

        if (others.Count > MostPools)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{others.Count - MostPools} more pools are not used.");
        }
    }

    private static string Reason(LaunchPlan plan, IReadOnlyList<RunctlInstance> launched, IReadOnlyList<PoolError> refused, string type, string zone, string subnet) =>
        refused.FirstOrDefault(e => e.InstanceType == type && (e.SubnetId == subnet || e.AvailabilityZone == zone)) is { } error ? $"EC2 refuses it with {error.Code}"
        : plan.Avoided.Contains((type, subnet)) ? "the run was just interrupted there, so the others were asked first"
        : IsDearer(plan, launched, type, zone) ? "it is dearer"
        : "EC2 finds an interruption there more likely";

    private static bool IsDearer(LaunchPlan plan, IReadOnlyList<RunctlInstance> launched, string type, string zone) =>
        plan.SpotPrices.FirstOrDefault(p => p.InstanceType == type && p.AvailabilityZone == zone) is { } price && launched.All(i => i.HourlyPrice < price.Price);

    private static string Price(LaunchPlan plan, string type, string? zone, string before = " at ", string after = "") =>
        plan.SpotPrices.FirstOrDefault(p => p.InstanceType == type && p.AvailabilityZone == zone) is { } price
            ? string.Create(CultureInfo.InvariantCulture, $"{before}{price.Price:0.####} USD/h{after}") : "";
}
