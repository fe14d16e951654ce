using Runctl.Errors;
using Runctl.Events;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;

namespace Runctl.Resuming;

/// <summary>The run's own instance, which EC2 has stopped or hibernated and starts again when it has the capacity. It is never removed here.</summary>
internal sealed class ReturningInstance(ICloud cloud, TimeProvider time, ResumePlan plan, string instanceId, IResumeListener listener, IProgress<ProgressUpdate> progress) : IAttemptHost
{
    /// <summary>Who is there so long after the end that its notice named was not taken, or is back.</summary>
    private static readonly TimeSpan Withdrawn = TimeSpan.FromMinutes(5);

    private bool _wasAway;

    /// <inheritdoc/>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var detected = await DetectedAsync(cancellationToken).ConfigureAwait(false);
        var began = time.GetTimestamp();
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), time);
        var isTold = false;
        while (true)
        {
            try
            {
                var instance = await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false);
                if (IsBack(instance, detected))
                {
                    return;
                }

                if (!isTold)
                {
                    isTold = true;
                    listener.OnWaiting(instanceId);
                }

                progress.Report(new ProgressUpdate($"Resuming {plan.Spec.RunId}", $"Waiting until EC2 starts {instanceId} again, now {instance!.State} ({time.GetElapsedTime(began).TotalSeconds:0} s)"));
            }
            catch (RunctlException e) when (e.MayPass)
            {
                // The instance is where it is, whether EC2 answers or not.
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task<RunctlInstance> GetAsync(CancellationToken cancellationToken) => cloud.GetOneAsync(instanceId, cancellationToken);

    /// <inheritdoc/>
    public void Tell(RunctlInstance instance, int attempt) => listener.OnReturned(instance, attempt);

    /// <summary>Its guard first brings to an end what the stop left: what only its disk has gets to S3 that way.</summary>
    public async Task PrepareAsync(RunctlInstance instance, CancellationToken cancellationToken)
    {
        var guard = new GuardClient(cloud, time);
        await guard.CallAsync(instanceId, ["repair"], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
        var backoff = new Backoff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(3), time);
        while (!await HasEndedThereAsync(guard, cancellationToken).ConfigureAwait(false))
        {
            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task GiveUpAsync(RunctlInstance instance, CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<RunctlEvent?> DetectedAsync(CancellationToken cancellationToken) => plan.LastAttempt is { } attempt
        ? (await plan.Store.ReadEventsAsync(plan.Spec.RunId, attempt, 0, cancellationToken).ConfigureAwait(false)).LastOrDefault(e => e.Kind == EventKinds.InterruptionDetected) : null;

    private bool IsBack(RunctlInstance? instance, RunctlEvent? detected)
    {
        switch (instance?.State)
        {
            case null or "terminated" or "shutting-down":
                throw instance?.StateReason?.StartsWith("Client.", StringComparison.Ordinal) == true
                    ? RunctlErrors.AwaitedInstanceEnded(plan.Spec.RunId, instanceId) : RunctlErrors.InstanceGone(instanceId, instance?.State, instance?.StateReason);
            case "stopping" or "stopped":
                _wasAway = true;
                return false;
            case "running":
                // Between notice and end it is running as well.
                return _wasAway || detected is null || instance.LaunchTime > detected.Time || time.GetUtcNow() - (detected.TimeOf("deadline") ?? detected.Time) > Withdrawn;
            default:
                return false;
        }
    }

    private async Task<bool> HasEndedThereAsync(GuardClient guard, CancellationToken cancellationToken)
    {
        try
        {
            var status = await guard.CallAsync<GuardStatus>(instanceId, ["status", "--run", plan.Spec.RunId, "--events", "0"], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
            return status.Runs is not [{ HasEnded: false }, ..];
        }
        catch (RunctlException e) when (e.Id == "RunNotFound")
        {
            // It was lost before its guard had written it down.
            return true;
        }
    }
}
