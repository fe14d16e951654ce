using System.Runtime.CompilerServices;
using Runctl.Errors;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;

namespace Runctl.Instances;

/// <summary>Launches spot instances by CreateFleet, and waits until they are ready.</summary>
public sealed class SpotLauncher(ICloud cloud, TimeProvider time)
{
    /// <summary>Told, from any thread, of instances that a cancelled launch could not terminate; of a failed one the exception says it.</summary>
    public Action<string>? OnLeftovers { get; init; }

    /// <summary>Checks and resolves a request without changing anything.</summary>
    public Task<LaunchPlan> PlanAsync(LaunchRequest request, CancellationToken cancellationToken) => new LaunchPlanner(cloud).PlanAsync(request, cancellationToken);

    /// <summary>The same for a replacement: the pool that was lost is left out of the first call.</summary>
    internal Task<LaunchPlan> PlanAsync(LaunchRequest request, InstancePool? lost, CancellationToken cancellationToken) => new LaunchPlanner(cloud).PlanAsync(request, cancellationToken, lost);

    /// <summary>Launches. On failure or cancellation nothing of this launch is left running; an answer of EC2 that is under way is awaited for that, as it names the instances.</summary>
    public async Task<IReadOnlyList<RunctlInstance>> LaunchAsync(LaunchPlan plan, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken) =>
        [.. (await new FleetLaunch(cloud, time, plan, progress, OnLeftovers).RunAsync(cancellationToken).ConfigureAwait(false)).Select(WithCost)];

    /// <summary>Launches, and waits until the instances are ready. One that does not become ready is terminated, and so are all if the wait is cancelled.</summary>
    /// <param name="plan">What to launch.</param>
    /// <param name="timeout">Longest wait for an instance to become ready.</param>
    /// <param name="onLaunched">Told of each instance as soon as EC2 has launched it.</param>
    /// <param name="progress">Told of the steps.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<ReadyInstance> LaunchReadyAsync(LaunchPlan plan, TimeSpan timeout, Action<RunctlInstance>? onLaunched, IProgress<ProgressUpdate> progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var instances = await LaunchAsync(plan, progress, cancellationToken).ConfigureAwait(false);
        var waits = instances.Select(instance => ReadyOrRemovedAsync(instance, timeout, progress, cancellationToken)).ToList();
        try
        {
            foreach (var instance in instances)
            {
                onLaunched?.Invoke(instance);
            }

            foreach (var wait in waits)
            {
                yield return await wait.ConfigureAwait(false);
            }
        }
        finally
        {
            // The removal of one must not be left behind because another failed first.
            await ((Task)Task.WhenAll(waits)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits until an instance is running, online in SSM and done with cloud-init.</summary>
    public async Task<RunctlInstance> WaitUntilReadyAsync(string instanceId, TimeSpan timeout, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken) =>
        WithCost(await new ReadinessWait(cloud, time, instanceId, progress).RunAsync(timeout, cancellationToken).ConfigureAwait(false));

    private async Task<ReadyInstance> ReadyOrRemovedAsync(RunctlInstance instance, TimeSpan timeout, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        try
        {
            var ready = await WaitUntilReadyAsync(instance.InstanceId, timeout, progress, cancellationToken).ConfigureAwait(false);
            return new ReadyInstance(WithCost(ready.With(copy => copy.HourlyPrice ??= instance.HourlyPrice)), null);
        }
        catch (RunctlException e)
        {
            return new ReadyInstance(instance, RunctlErrors.InstanceNotReady(instance, e, await RemoveAsync(instance).ConfigureAwait(false)));
        }
        catch
        {
            if (await RemoveAsync(instance).ConfigureAwait(false) is { } left)
            {
                OnLeftovers?.Invoke(RunctlErrors.StillRunning(instance, left));
            }

            throw;
        }
    }

    /// <summary>Removes an instance of a launch that is given up.</summary>
    /// <returns>Why it could not be removed, or null.</returns>
    internal Task<RunctlException?> RemoveAsync(RunctlInstance instance) =>
        Cleanup.InsistAsync(token => new InstanceRemoval(cloud).RemoveAsync(instance, token), Cleanup.Limit, time);

    /// <summary>The age of an instance, and its cost at the price it was launched at.</summary>
    private RunctlInstance WithCost(RunctlInstance instance) => instance.With(copy =>
    {
        var age = time.GetUtcNow().UtcDateTime - instance.LaunchTime;
        copy.Age = age < TimeSpan.Zero ? TimeSpan.Zero : age;
        copy.Cost = instance.HourlyPrice is { } price && copy.Age is { } length ? PriceHistory.Of(price, length) : null;
    });
}
