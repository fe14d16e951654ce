using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Instances;

/// <summary>
/// Looks at a launch without paying for it: EC2 judges a call of RunInstances that is marked as a trial by permissions, role, image, subnet and security groups.
/// Capacity and quota show at the launch itself, which costs nothing if it is refused.
/// </summary>
internal sealed class LaunchTrial(ICloud cloud)
{
    /// <summary>The plan for a request.</summary>
    public async Task<LaunchPlan> PlanAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        var plan = await new LaunchPlanner(cloud).PlanAsync(request, cancellationToken).ConfigureAwait(false);
        var findings = new Findings();
        findings.Check(() => CheckPrice(plan));
        await findings.CheckAsync(() => TryAsync(plan, cancellationToken)).ConfigureAwait(false);
        findings.ThrowIfAny();
        return plan;
    }

    private static void CheckPrice(LaunchPlan plan)
    {
        if (plan is { SpotPrice: { } lowest, Request: { MaxPrice: { } limit, OnDemandFallback: false } } && limit < lowest)
        {
            throw RunctlErrors.PriceLimitTooLow(limit, lowest, string.Join(", ", plan.Request.InstanceTypes));
        }
    }

    private async Task TryAsync(LaunchPlan plan, CancellationToken cancellationToken)
    {
        // The cheapest pool is one that is offered: prices are listed of those only.
        var cheapest = plan.SpotPrices.MinBy(p => p.Price);
        var subnet = plan.SubnetRecords.FirstOrDefault(s => s.AvailabilityZone == cheapest?.AvailabilityZone) ?? plan.SubnetRecords[0];
        var template = PlannedTemplate.Of(plan, plan.ImageRecord!, "", spot: true, new(plan.Request.Tags) { [RunctlTags.Managed] = "1" });
        try
        {
            await cloud.Instances.TryRunAsync(template, cheapest?.InstanceType ?? plan.Request.InstanceTypes[0], subnet.SubnetId, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.ServiceErrorCode is { } code && LaunchRefusal.Find(code, e.InnerException?.Message ?? e.Message) is { IsOfPool: false })
        {
            throw PoolErrorReport.Explain(plan.Request, e);
        }
        catch (RunctlException e) when (e is { ServiceErrorCode: not null, Kind: not (ErrorKind.Authentication or ErrorKind.PermissionDenied) })
        {
            // It is about this pool, or not known: the launch tells, and asks the other pools too.
        }
    }
}
