using Runctl.Errors;
using Runctl.Ports;
using Runctl.Progress;

namespace Runctl.Instances;

/// <summary>Launches by RunInstances, since instant fleets take no persistent requests: one pool after the other, the cheapest first, until one has capacity for all.</summary>
internal sealed class PoolWalk(ICloud cloud, LaunchPlan plan, string template, IReadOnlyList<(string InstanceType, string SubnetId)>? without, IProgress<ProgressUpdate> progress)
{
    private static readonly HashSet<string> OfThePool = new(StringComparer.Ordinal)
    {
        "SpotMaxPriceTooLow", "MaxSpotInstanceCountExceeded", "VcpuLimitExceeded", "UnfulfillableCapacity", "Unsupported", "UnsupportedOperation", "InsufficientFreeAddressesInSubnet",
    };

    /// <summary>Launches in the first pool that can.</summary>
    /// <param name="cancellationToken">Ends the walk between two pools.</param>
    /// <param name="callToken">Ends a call that is under way.</param>
    public async Task<FleetAnswer> RunAsync(CancellationToken cancellationToken, CancellationToken callToken)
    {
        var errors = new List<PoolError>();
        foreach (var (type, subnet) in Pools())
        {
            if (cancellationToken.IsCancellationRequested)
            {
                break;
            }

            progress.Report(new ProgressUpdate("Launching", $"Asking for {type} in {subnet.AvailabilityZone}"));
            try
            {
                return new FleetAnswer(await cloud.Instances.RunAsync(RequestFor(type, subnet, errors.Count), callToken).ConfigureAwait(false), errors);
            }
            catch (RunctlException e) when (e.ServiceErrorCode is { } code && (OfThePool.Contains(code) || code.StartsWith("Insufficient", StringComparison.Ordinal)))
            {
                errors.Add(new PoolError(code, e.InnerException?.Message ?? e.Message, type, subnet.SubnetId, subnet.AvailabilityZone));
            }
        }

        return new FleetAnswer([], errors);
    }

    /// <summary>The pools by price; those whose price is not known last, in the order they were given.</summary>
    private IEnumerable<(string Type, SubnetRecord Subnet)> Pools() =>
        from type in plan.Request.InstanceTypes
        from subnet in plan.SubnetRecords
        where without is null || !without.Contains((type, subnet.SubnetId))
        orderby plan.SpotPrices.FirstOrDefault(p => p.InstanceType == type && p.AvailabilityZone == subnet.AvailabilityZone)?.Price ?? decimal.MaxValue
        select (type, subnet);

    private SpotRunRequest RequestFor(string type, SubnetRecord subnet, int number) => new()
    {
        TemplateName = template,
        ClientToken = $"{template}-{number}",
        InstanceType = type,
        SubnetId = subnet.SubnetId,
        Count = plan.Request.Count,
        MaxPrice = plan.Request.MaxPrice,
        InterruptionBehavior = plan.Request.InterruptionBehavior,
    };
}
