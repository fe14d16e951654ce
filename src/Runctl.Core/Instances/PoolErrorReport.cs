using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Instances;

/// <summary>Why no pool gave instances, in one error: the same reason is said once for all its pools.</summary>
internal static class PoolErrorReport
{
    private static readonly Dictionary<string, string> Actions = new(StringComparer.Ordinal)
    {
        ["AuthFailure.ServiceLinkedRoleCreationNotPermitted"] =
            "The account has never used spot instances. Let an administrator run once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com",
        ["MaxSpotInstanceCountExceeded"] = "The account's spot quota is used up; an instance that was just interrupted counts until it is gone. End other instances, wait, or ask for more in Service Quotas.",
        ["VcpuLimitExceeded"] = "The account's quota of vCPUs is used up. End other instances, or ask for more in Service Quotas.",
        ["SpotMaxPriceTooLow"] = "Raise -MaxPrice, or leave it out: the on-demand price is the limit then, and interruptions are fewer.",
        ["UnauthorizedOperation"] = "The policy has to allow ec2:RunInstances and ec2:CreateTags for instances, volumes, network interfaces and spot requests, and iam:PassRole for the instance profile's role. " + RunctlErrors.PersonPolicyAction,
    };

    /// <summary>The error.</summary>
    public static RunctlException ToException(LaunchRequest request, IReadOnlyList<PoolError> errors)
    {
        var groups = errors.GroupBy(e => e.Code, StringComparer.Ordinal).OrderByDescending(g => g.Count()).ToList();
        var reasons = groups.Count == 0 ? "EC2 gave no reason." : string.Join(" ", groups.Select(Describe));
        var action = groups.Select(g => Actions.GetValueOrDefault(g.Key)).FirstOrDefault(a => a is not null)
            ?? "Try more instance types (-InstanceType takes several), more zones, -OnDemandFallback, or later.";
        // One pool that may have room later is enough to be worth another try, whatever is wrong with the others.
        var decisive = groups.Find(g => IsQuota(g.Key)) ?? groups.Find(g => IsCapacity(g.Key));
        return RunctlErrors.LaunchFailed(request.Count, string.Join(", ", request.InstanceTypes), reasons, (decisive ?? groups.FirstOrDefault())?.Key, decisive is not null || groups.Count == 0, action, null);
    }

    /// <summary>Whether a quota is used up, which an instance that is about to go counts against.</summary>
    public static bool IsQuota(string? code) => code is "MaxSpotInstanceCountExceeded" or "VcpuLimitExceeded" or "InstanceLimitExceeded";

    private static bool IsCapacity(string code) => code is "UnfulfillableCapacity" or "RequestLimitExceeded" || code.StartsWith("Insufficient", StringComparison.Ordinal);

    private static string Describe(IGrouping<string, PoolError> group)
    {
        var pools = group.Select(e => string.Join(" in ", new[] { e.InstanceType, e.AvailabilityZone ?? e.SubnetId }.Where(p => p is not null))).Where(p => p.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        var message = group.First().Message.TrimEnd('.');
        return pools.Count == 0 ? $"{group.Key}: {message}." : $"{group.Key} ({string.Join(", ", pools)}): {message}.";
    }
}
