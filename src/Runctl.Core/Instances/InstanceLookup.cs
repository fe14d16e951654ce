using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Instances;

/// <summary>Finding one instance.</summary>
internal static class InstanceLookup
{
    /// <summary>The instance, or null where EC2 does not know it.</summary>
    public static async Task<RunctlInstance?> FindOneAsync(this ICloud cloud, string instanceId, CancellationToken cancellationToken)
    {
        foreach (var instance in await cloud.Instances.FindAsync(new InstanceQuery { InstanceIds = [instanceId] }, cancellationToken).ConfigureAwait(false))
        {
            return instance;
        }

        return null;
    }

    /// <summary>The instance, or an error that names it.</summary>
    public static async Task<RunctlInstance> GetOneAsync(this ICloud cloud, string instanceId, CancellationToken cancellationToken) =>
        await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false) ?? throw RunctlErrors.InstanceNotFound(instanceId, cloud.Region);

    /// <summary>The instance with what EC2 does with it when it takes it. Of one that Runctl did not launch only its spot request tells.</summary>
    public static async Task<RunctlInstance> WithInterruptionAsync(this ICloud cloud, RunctlInstance instance, CancellationToken cancellationToken)
    {
        if (instance is not { IsSpot: true, InterruptionBehavior: null, SpotInstanceRequestId: { } request, State: not (Ec2States.ShuttingDown or Ec2States.Terminated) })
        {
            return instance;
        }

        var found = await cloud.Instances.FindSpotRequestsAsync([request], new Dictionary<string, string?>(), cancellationToken).ConfigureAwait(false);
        return instance.With(copy => copy.ForeignBehavior = found is [var known, ..] ? known.InterruptionBehavior : null);
    }

    /// <summary>Whether SSM reaches the instance now.</summary>
    public static async Task<bool> IsOnlineAsync(this ICloud cloud, string instanceId, CancellationToken cancellationToken) =>
        await cloud.FindManagedAsync(instanceId, cancellationToken).ConfigureAwait(false) is { IsOnline: true };

    /// <summary>What SSM knows of the instance, or null where its agent has never registered.</summary>
    public static async Task<ManagedInstance?> FindManagedAsync(this ICloud cloud, string instanceId, CancellationToken cancellationToken) =>
        await cloud.Commands.FindManagedAsync([instanceId], cancellationToken).ConfigureAwait(false) is [var known, ..] ? known : null;
}
