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
    public Task<IReadOnlyList<RunctlInstance>> LaunchAsync(LaunchPlan plan, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken) =>
        new FleetLaunch(cloud, time, plan, progress, OnLeftovers).RunAsync(cancellationToken);

    /// <summary>Waits until an instance is running, online in SSM and done with cloud-init.</summary>
    public Task<RunctlInstance> WaitUntilReadyAsync(string instanceId, TimeSpan timeout, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken) =>
        new ReadinessWait(cloud, time, instanceId, progress).RunAsync(timeout, cancellationToken);
}
