using Runctl.Sandbox.Ec2.Protocol;

namespace Runctl.Sandbox.Ec2.Lifecycle;

/// <summary>The spot requests a call names.</summary>
internal static class SpotRequestLookup
{
    /// <summary>Those named by SpotInstanceRequestId, or all.</summary>
    /// <exception cref="Ec2Exception">One of them is not there.</exception>
    public static IReadOnlyList<SpotRequest> Find(InstanceRegistry registry, Ec2Parameters parameters)
    {
        var ids = parameters.List("SpotInstanceRequestId");
        var all = registry.SpotRequests;
        var unknown = ids.Except(all.Select(request => request.Id)).FirstOrDefault();
        return unknown is null
            ? [.. all.Where(request => ids.Count == 0 || ids.Contains(request.Id))]
            : throw new Ec2Exception(
                unknown.StartsWith("sir-", StringComparison.Ordinal)
                    ? "InvalidSpotInstanceRequestID.NotFound" : "InvalidSpotInstanceRequestID.Malformed",
                $"The spot instance request ID '{unknown}' does not exist");
    }
}
