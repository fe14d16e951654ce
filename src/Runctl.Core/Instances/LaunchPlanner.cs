using System.Globalization;
using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Instances;

/// <summary>Checks and resolves what is to be launched.</summary>
internal sealed class LaunchPlanner(ICloud cloud)
{
    /// <summary>The plan for a request.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="lost">The pool that was just lost, which is asked last.</param>
    public async Task<LaunchPlan> PlanAsync(LaunchRequest request, CancellationToken cancellationToken, InstancePool? lost = null)
    {
        if (request.InstanceTypes.Count == 0)
        {
            throw RunctlErrors.InstanceTypeMissing();
        }

        request = request with { InstanceTypes = [.. request.InstanceTypes.Distinct(StringComparer.Ordinal)] };
        var findings = new Findings();
        var typesTask = findings.CheckAsync(() => FindTypesAsync(request, cancellationToken));
        var subnets = await findings.CheckAsync(() => FindSubnetsAsync(request, cancellationToken)).ConfigureAwait(false) ?? [];
        var types = await typesTask.ConfigureAwait(false);
        // Image and price are those of the types.
        findings.ThrowIfAny();
        var imageTask = new ImageChooser(cloud).ChooseAsync(request.ImageId, types!, cancellationToken);
        var zones = subnets.Select(s => s.AvailabilityZone).ToHashSet(StringComparer.Ordinal);
        var prices = (await cloud.Instances.FindSpotPricesAsync(request.InstanceTypes, cancellationToken).ConfigureAwait(false))
            .Where(p => zones.Contains(p.AvailabilityZone)).ToList();
        var image = await imageTask.ConfigureAwait(false);
        var price = prices.Count == 0 ? (decimal?)null : prices.Min(p => p.Price);
        return new LaunchPlan(request, image.ImageId, [.. subnets.Select(s => s.SubnetId)], price, Describe(request, image, zones, price)) { ImageRecord = image, SubnetRecords = subnets, SpotPrices = prices, Avoided = Avoided(request, subnets, lost) };
    }

    private static IReadOnlyList<(string InstanceType, string SubnetId)> Avoided(LaunchRequest request, IReadOnlyList<SubnetRecord> subnets, InstancePool? lost) =>
        lost is null || !request.InstanceTypes.Contains(lost.InstanceType) || request.InstanceTypes.Count * subnets.Count == 1
            ? []
            : [.. subnets.Where(s => s.AvailabilityZone == lost.AvailabilityZone).Select(s => (lost.InstanceType, s.SubnetId))];

    private async Task<IReadOnlyList<InstanceTypeRecord>> FindTypesAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        var types = await cloud.Instances.DescribeTypesAsync(request.InstanceTypes, cancellationToken).ConfigureAwait(false);
        var unknown = request.InstanceTypes.Except(types.Select(t => t.Name), StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            throw RunctlErrors.InstanceTypeUnknown(string.Join(", ", unknown), cloud.Region, null);
        }

        return types.FirstOrDefault(t => !t.SupportsSpot) is { } onDemandOnly ? throw RunctlErrors.InstanceTypeNotSpot(onDemandOnly.Name) : types;
    }

    /// <summary>One subnet for each zone: to a fleet two of one zone are the same pool twice.</summary>
    private async Task<IReadOnlyList<SubnetRecord>> FindSubnetsAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        var subnets = await cloud.Instances.DescribeSubnetsAsync(request.SubnetIds, cancellationToken).ConfigureAwait(false);
        var missing = request.SubnetIds.Except(subnets.Select(s => s.SubnetId), StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
        {
            throw RunctlErrors.SubnetNotFound(string.Join(", ", missing), cloud.Region);
        }

        return subnets.Count == 0
            ? throw RunctlErrors.SubnetMissing(cloud.Region)
            : [.. subnets.GroupBy(s => s.AvailabilityZone, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.First())];
    }

    /// <summary>What an instance may do, and what may reach it.</summary>
    private static string Rights(LaunchRequest request) =>
        $"{(request.IamInstanceProfile is { } profile ? $"instance profile {profile}" : "no instance profile")}, {(request.SecurityGroupIds.Count == 0 ? "the default security group" : $"security group {string.Join(" and ", request.SecurityGroupIds)}")}";

    private string Describe(LaunchRequest request, ImageRecord image, IEnumerable<string> zones, decimal? price)
    {
        var count = request.Count == 1 ? "1 spot instance" : $"{request.Count} spot instances";
        var cost = price is { } p ? $"from {p.ToString("0.####", CultureInfo.InvariantCulture)} USD an hour each" : "price unknown";
        var limit = request.MaxPrice is { } max ? $", at most {max.ToString("0.####", CultureInfo.InvariantCulture)} USD" : "";
        var fallback = request.OnDemandFallback ? ", on-demand if there is no spot capacity" : "";
        var interruption = request.InterruptionBehavior == RunctlInterruptionBehavior.Terminate ? "" : $", {(request.InterruptionBehavior == RunctlInterruptionBehavior.Stop ? "stopped" : "hibernated")} when interrupted";
        return $"{count} of {string.Join(" or ", request.InstanceTypes)} in {cloud.Region} ({string.Join(", ", zones.Order(StringComparer.Ordinal))}), image {(image.Name is { } name ? $"{name} ({image.ImageId})" : image.ImageId)}, {Rights(request)}, {cost}{limit}{fallback}{interruption}";
    }
}
