using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Instances;

/// <summary>Why no pool gave instances, in one error: the same reason is said once for all its pools.</summary>
internal static class PoolErrorReport
{
    private const string SpotQuotaCode = "MaxSpotInstanceCountExceeded";

    /// <summary>The error.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="errors">What EC2 said of the pools.</param>
    /// <param name="region">The region, whose quotas are meant.</param>
    public static RunctlException ToException(LaunchRequest request, IReadOnlyList<PoolError> errors, string region)
    {
        var groups = errors.GroupBy(e => e.Code, StringComparer.Ordinal).OrderByDescending(g => g.Count()).ToList();
        var reasons = groups.Count == 0 ? "EC2 gave no reason." : string.Join(" ", groups.Select(Describe));
        // A mistake in what every pool shares: EC2 calls the pools that it did not try after that unfulfillable.
        if (FindGeneral(errors) is var (mistake, found))
        {
            return mistake.ToException(request, reasons, found.Code, null);
        }

        // One pool that may have room later is enough to be worth another try, whatever is wrong with the others.
        var decisive = groups.Find(g => IsQuota(g.Key)) ?? groups.Find(g => IsCapacity(g.Key));
        if (decisive is null && errors.Count > 0 && LaunchRefusal.Find(errors[0].Code, errors[0].Message) is { } only && errors.All(e => LaunchRefusal.Find(e.Code, e.Message)?.Id == only.Id))
        {
            return only.ToException(request, reasons, groups[0].Key, null);
        }

        var action = decisive is not null
            ? IsQuota(decisive.Key) ? QuotaAction(request, [.. decisive], region) : Known(decisive.First())
            : errors.Select(e => LaunchRefusal.Find(e.Code, e.Message)?.Action ?? Known(e)).FirstOrDefault(a => a is not null)
                ?? (errors.Count > 0 ? "Correct what EC2 names: the parameters of the launch, or the settings under [aws] in .runctl.toml." : "Try again. EC2 named no reason.");
        return RunctlErrors.LaunchFailed(request.Count, string.Join(", ", request.InstanceTypes), reasons, (decisive ?? groups.FirstOrDefault())?.Key, decisive is not null || groups.Count == 0, action, null);
    }

    /// <summary>A refusal of the whole call, in the words of a launch; the failure itself if it is no refusal that is known.</summary>
    public static RunctlException Explain(LaunchRequest request, RunctlException failure)
    {
        var words = failure.InnerException?.Message ?? failure.Message;
        return failure.ServiceErrorCode is { } code && LaunchRefusal.Find(code, words) is { } refusal
            ? refusal.ToException(request, $"{words.TrimEnd('.')} ({code}).", code, failure) : failure;
    }

    /// <summary>Whether one of the pools was refused for something that all of them share.</summary>
    public static bool IsGeneral(IReadOnlyList<PoolError> errors) => FindGeneral(errors) is not null;

    /// <summary>Whether a quota is used up, which an instance that is about to go counts against.</summary>
    public static bool IsQuota(string? code) => code is SpotQuotaCode or "VcpuLimitExceeded" or "InstanceLimitExceeded";

    /// <summary>What to do about a quota: which one it is, where to ask for more of it, and the command that shows it.</summary>
    private static string? QuotaAction(LaunchRequest request, IReadOnlyList<PoolError> errors, string region)
    {
        var isSpot = errors[0].Code == SpotQuotaCode;
        var quotas = InstanceQuota.Of(errors.SelectMany(e => e.InstanceType is { } type ? [type] : request.InstanceTypes), isSpot);
        // What is known ends with the page of all quotas of EC2, below which each has one of its own.
        return quotas is not [var first, ..] ? Known(errors[0])
            : $"{Known(errors[0])}{(quotas.Count == 1 ? $"/{first.Code}" : "")}. The quota is {string.Join(" and ", quotas)} in {region}. It counts vCPUs, and may be 0 in a new account."
                + (isSpot && !request.OnDemandFallback ? " On-demand instances have another quota, which -OnDemandFallback uses." : "")
                + $" To see the quota: {string.Join("; ", quotas.Select(quota => quota.Command(region)))}";
    }

    private static (LaunchRefusal Refusal, PoolError Error)? FindGeneral(IReadOnlyList<PoolError> errors)
    {
        foreach (var error in errors)
        {
            if (LaunchRefusal.Find(error.Code, error.Message) is { IsOfPool: false } refusal)
            {
                return (refusal, error);
            }
        }

        return null;
    }

    private static string? Known(PoolError error) => ServiceRefusal.Find(error.Code, error.Message)?.Action;

    private static bool IsCapacity(string code) => code is "UnfulfillableCapacity" or "RequestLimitExceeded" || code.StartsWith("Insufficient", StringComparison.Ordinal);

    private static string Describe(IGrouping<string, PoolError> group)
    {
        var pools = group.Select(e => string.Join(" in ", new[] { e.InstanceType, e.AvailabilityZone ?? e.SubnetId }.Where(p => p is not null))).Where(p => p.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        var message = group.First().Message.TrimEnd('.');
        return pools.Count == 0 ? $"{group.Key}: {message}." : $"{group.Key} ({string.Join(", ", pools)}): {message}.";
    }
}
