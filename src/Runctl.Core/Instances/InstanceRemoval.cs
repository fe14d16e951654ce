using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Instances;

/// <summary>Terminates instances.</summary>
public sealed class InstanceRemoval(ICloud cloud)
{
    /// <summary>Terminates an instance that carries Runctl's tag; anything else is refused unless it is asked for. Its persistent spot request is cancelled first.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <param name="evenForeign">Whether an instance that Runctl did not launch is meant too.</param>
    /// <returns>The instance as it stands afterwards.</returns>
    public async Task<RunctlInstance> RemoveAsync(RunctlInstance instance, CancellationToken cancellationToken, bool evenForeign = false)
    {
        // The tags that count are EC2's at this moment, not those of an object that was made by hand or long ago.
        var current = await cloud.GetOneAsync(instance.InstanceId, cancellationToken).ConfigureAwait(false);
        if (!current.IsManaged && !evenForeign)
        {
            throw RunctlErrors.InstanceNotManaged(instance.InstanceId);
        }

        // Also of one that is terminated already: for that one EC2 is about to launch another.
        await CancelRequestAsync(current, cancellationToken).ConfigureAwait(false);
        if (current.State == Ec2States.Terminated)
        {
            return current;
        }

        await cloud.Instances.TerminateAsync([instance.InstanceId], cancellationToken).ConfigureAwait(false);
        return await cloud.FindOneAsync(instance.InstanceId, cancellationToken).ConfigureAwait(false) ?? current.With(copy => copy.State = Ec2States.Terminated);
    }

    /// <summary>What Runctl launched without this tag has a one-time request, which ends with its instance.</summary>
    private async Task CancelRequestAsync(RunctlInstance instance, CancellationToken cancellationToken)
    {
        if (instance.SpotInstanceRequestId is not { } request || (instance.IsManaged && !instance.Tags.ContainsKey(RunctlTags.Interruption)))
        {
            return;
        }

        try
        {
            await cloud.Instances.CancelSpotRequestsAsync([request], cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e)
        {
            throw RunctlErrors.SpotRequestNotCancelled(instance.InstanceId, request, e);
        }
    }
}
