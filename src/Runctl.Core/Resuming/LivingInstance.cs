using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Ports;

namespace Runctl.Resuming;

/// <summary>An instance that runs and is free: the run's own, or one that the user named. It is never removed here.</summary>
internal sealed class LivingInstance(ICloud cloud, TimeProvider time, ResumePlan plan, string instanceId) : IAttemptHost
{
    /// <inheritdoc/>
    public Task WaitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<RunctlInstance> GetAsync(CancellationToken cancellationToken) => cloud.GetOneAsync(instanceId, cancellationToken);

    /// <inheritdoc/>
    public void Tell(RunctlInstance instance, int attempt)
    {
        // It was there before, and nothing has to be said of it.
    }

    /// <summary>The program travels before the run has passed on.</summary>
    public Task PrepareAsync(RunctlInstance instance, CancellationToken cancellationToken) =>
        new GuardClient(cloud, time, plan.Store).CallAsync(instanceId, ["status", "--events", "0"], null, GuardClient.ShortCall, cancellationToken);

    /// <inheritdoc/>
    public Task GiveUpAsync(RunctlInstance instance, CancellationToken cancellationToken) => Task.CompletedTask;
}
