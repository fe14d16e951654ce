using Runctl.Errors;
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
    /// <summary>What hibernated before its guard saw a notice goes on training when it wakes, and nothing comes to an end.</summary>
    private static readonly TimeSpan GoesOn = TimeSpan.FromSeconds(5);

    private bool _wasAway;

    /// <inheritdoc/>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        // A monitor hears of it before it is in S3.
        DateTimeOffset? heard = plan.Request.Interrupted is null ? null : time.GetUtcNow();
        var notice = await LastNotice.FindAsync(plan.Store, plan.Spec.RunId, plan.LastAttempt, heard, cancellationToken).ConfigureAwait(false);
        var began = time.GetTimestamp();
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15), time);
        var isTold = false;
        while (true)
        {
            try
            {
                var instance = await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false);
                if (IsBack(instance, notice))
                {
                    await RequireEndAsync(instance!, cancellationToken).ConfigureAwait(false);
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
        var guard = new GuardClient(cloud, time, plan.Store);
        await guard.CallAsync(instanceId, ["repair"], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
        var backoff = new Backoff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(3), time);
        while (await FindThereAsync(guard, cancellationToken).ConfigureAwait(false) is not null)
        {
            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task GiveUpAsync(RunctlInstance instance, CancellationToken cancellationToken) => Task.CompletedTask;

    private bool IsBack(RunctlInstance? instance, LastNotice? notice)
    {
        switch (instance?.State)
        {
            case null or Ec2States.Terminated or Ec2States.ShuttingDown:
                throw instance?.StateReason?.StartsWith("Client.", StringComparison.Ordinal) == true
                    ? RunctlErrors.AwaitedInstanceEnded(plan.Spec.RunId, instanceId) : RunctlErrors.InstanceGone(instanceId, instance?.State, instance?.StateReason);
            case Ec2States.Stopping or Ec2States.Stopped:
                _wasAway = true;
                return false;
            case Ec2States.Running:
                // Between notice and end it is running as well.
                return _wasAway || notice is null || instance.LaunchTime > notice.Seen || notice.IsOver(time.GetUtcNow());
            default:
                return false;
        }
    }

    /// <summary>What hibernated has its processes still: where they were not told of the end, there is nothing to resume.</summary>
    /// <exception cref="RunctlException">RunWentOn.</exception>
    private async Task RequireEndAsync(RunctlInstance instance, CancellationToken cancellationToken)
    {
        if ((plan.InterruptionBehavior ?? instance.InterruptionBehavior) != "hibernate")
        {
            return;
        }

        await new SpotLauncher(cloud, time).WaitUntilReadyAsync(instanceId, plan.Request.ReadyTimeout, progress, cancellationToken).ConfigureAwait(false);
        var guard = new GuardClient(cloud, time, plan.Store);
        var backoff = new Backoff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(3), time);
        var began = time.GetTimestamp();
        // A sequence that was frozen at its beginning shows within a moment.
        while (await FindThereAsync(guard, cancellationToken).ConfigureAwait(false) is { Notice: null, Runs: [{ State: RunStates.Running } run, ..] })
        {
            if (time.GetElapsedTime(began) > GoesOn)
            {
                throw RunctlErrors.RunWentOn(plan.Spec.RunId, run.Attempt, instanceId);
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>How the run stands there; null once it has ended.</summary>
    private async Task<GuardStatus?> FindThereAsync(GuardClient guard, CancellationToken cancellationToken)
    {
        try
        {
            var status = await guard.CallAsync<GuardStatus>(instanceId, ["status", "--run", plan.Spec.RunId, "--events", "0"], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
            return status.Runs is [{ HasEnded: false }, ..] ? status : null;
        }
        catch (RunctlException e) when (e.Id == ErrorIds.RunNotFound)
        {
            // It was lost before its guard had written it down.
            return null;
        }
    }
}
