using System.Collections.Concurrent;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Monitoring;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Resuming;

/// <summary>Watches runs and resumes them by itself when they are interrupted, once for each interruption, as often as max_resumes allows.</summary>
/// <param name="cloud">The connection.</param>
/// <param name="adapters">What reads projects.</param>
/// <param name="configuration">The settings.</param>
/// <param name="time">The clock.</param>
/// <param name="tellAfterEnd">Is told what costs money and could not be undone, where nobody watches any more; may be called on any thread.</param>
public sealed class AutoResumer(ICloud cloud, IAdapters adapters, RunctlConfiguration configuration, TimeProvider time, Action<string>? tellAfterEnd = null) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    /// <summary>Clocks differ, and who starts to watch may do it because of the interruption.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(15);

    /// <summary>An instance that does not come to train costs money each time.</summary>
    private const int MostHosts = 3;

    private readonly ConcurrentBag<ResumingWatch> _watches = [];
    private readonly TrainingResumer _resumer = new(cloud, adapters, configuration, time);

    /// <summary>Begins to watch a run; what becomes of it on other instances is watched as well.</summary>
    /// <param name="monitor">The monitor of the connection.</param>
    /// <param name="target">The run.</param>
    /// <param name="observer">Told of all attempts; its end is told when the last has ended.</param>
    /// <returns>Ends the watching, and a resume that is under way, when disposed.</returns>
    public IAsyncDisposable Watch(InstanceMonitor monitor, MonitorTarget target, IMonitorObserver observer)
    {
        var watch = new ResumingWatch(this, monitor, target, new IsolatedObserver(observer), time);
        _watches.Add(watch);
        target.Training.Cell?.Add(() => watch.WillResume);
        watch.Begin(target);
        return watch;
    }

    /// <summary>Has a run stopped, and leaves it to its user: a resume of it that is under way is undone, and none begins any more. If the stop fails the run is resumed as before.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="stop">Stops it; called on any thread.</param>
    public async Task LeaveAsync(string runId, Func<Task> stop)
    {
        ResumingWatch[] watches = [.. _watches.Where(watch => watch.RunId == runId)];
        var isStopped = false;
        try
        {
            await Task.WhenAll(watches.Select(watch => watch.HoldAsync())).ConfigureAwait(false);
            await stop().ConfigureAwait(false);
            isStopped = true;
        }
        finally
        {
            foreach (var watch in watches)
            {
                watch.Release(isStopped);
            }
        }
    }

    /// <summary>Ends all watching; resumes that are under way are undone first.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(_watches.Select(async watch =>
    {
        watch.OnStopped();
        await watch.DisposeAsync().ConfigureAwait(false);
    })).ConfigureAwait(false);

    /// <summary>Tells what must not be lost although nobody watches any more.</summary>
    internal void TellAfterEnd(string message) => tellAfterEnd?.Invoke(message);

    /// <summary>Whether an interruption is one that a watch, begun when, is there for; what was left alone long before it is not.</summary>
    internal static bool IsRecent(DateTimeOffset interrupted, DateTimeOffset begun) => interrupted > begun - Recent;

    /// <summary>Whether a user ended the instance, and does not want another in its place, or it ended too long ago for EC2 to say why.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="begun">When the watch began.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task<bool> MayBeEndedByUserAsync(string instanceId, DateTimeOffset begun, CancellationToken cancellationToken)
    {
        var instance = await FindInstanceAsync(instanceId, cancellationToken).ConfigureAwait(false);
        return instance is null || (instance.StateReason?.StartsWith("Client.", StringComparison.Ordinal) ?? false) || (instance.Ended is { } ended && !IsRecent(ended, begun));
    }

    /// <summary>Makes events of the resume after an interruption.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="interrupted">The attempt that was interrupted.</param>
    /// <param name="instanceId">Where that was.</param>
    /// <param name="listener">Told of the steps.</param>
    /// <param name="tell">Takes the events.</param>
    internal ResumeEvents EventsOf(string runId, int interrupted, string instanceId, IResumeListener listener, Action<RunctlEvent> tell) =>
        new(cloud.Objects, new RunStore(cloud.Objects, configuration.S3Bucket!, configuration.RunPrefix, time), runId, interrupted, instanceId, listener, tell, time);

    /// <summary>Waits for what becomes of a run that cannot be resumed from here now: another goes on with it, or lets go of it.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="interrupted">The attempt that was interrupted.</param>
    /// <param name="script">Its script.</param>
    /// <param name="keeper">The instance that has to go before there is room for another, or null. Room may come otherwise, too.</param>
    /// <param name="patience">How long that one is waited for.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The run as it goes on, or null when it may be resumed from here again.</returns>
    internal async Task<RunctlTraining?> FollowAsync(string runId, int interrupted, string script, string? keeper, TimeSpan patience, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var passes = new RunPasses(cloud, new RunStore(cloud.Objects, configuration.S3Bucket!, configuration.RunPrefix, time), runId, time);
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15), time);
        while (true)
        {
            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                var state = await passes.LookAsync(null, cancellationToken).ConfigureAwait(false);
                // Whoever has it may have been interrupted in his turn, and have given up since: that is another interruption.
                if (state.Record.Attempts.LastOrDefault(a => a.Number > interrupted && a is { Started: not null, InstanceId: not null }) is { } other && (other == state.Record.Newest() || state.Standing == RunStanding.Passed))
                {
                    return new RunProjection(cloud, configuration).Of(state.Record, other, script, instanceIsGone: false);
                }

                if (state.Standing == RunStanding.Passed && (keeper is null || time.GetElapsedTime(began) > patience || await FindInstanceAsync(keeper, cancellationToken).ConfigureAwait(false) is null or { State: Ec2States.Stopped or Ec2States.Terminated }))
                {
                    return null;
                }
            }
            catch (RunctlException e) when (Passes(e))
            {
                // Whoever has the run goes on with it, whether AWS answers here or not.
            }
        }
    }

    /// <summary>Waits until an interrupted instance should be gone.</summary>
    /// <returns>What is to be said of one that stays, or null.</returns>
    internal async Task<string?> LookForStayingAsync(string runId, string instanceId, CancellationToken cancellationToken)
    {
        await Task.Delay(LastNotice.Longest, time, cancellationToken).ConfigureAwait(false);
        return await FindInstanceAsync(instanceId, cancellationToken).ConfigureAwait(false) is { State: Ec2States.Pending or Ec2States.Running } ? ResumePlanner.Staying(instanceId, runId) : null;
    }

    /// <summary>The instance, or null where EC2 does not know it. An outage of EC2 says nothing, and is waited out.</summary>
    private async Task<RunctlInstance?> FindInstanceAsync(string instanceId, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(FirstPause, LongestPause, time, 2);
        while (true)
        {
            try
            {
                return await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException e) when (Passes(e))
            {
                await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Resumes after the interruption of an attempt; what passes is waited for, less and less often.</summary>
    internal Task<RunctlTraining> ResumeAsync(string runId, int interrupted, IResumeListener listener, CancellationToken cancellationToken) => ResumeAsync(runId, interrupted, null, null, listener, cancellationToken);

    /// <summary>The same.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="interrupted">The attempt that was interrupted.</param>
    /// <param name="action">What the notice said EC2 will do, or null.</param>
    /// <param name="launched">What this session launched the run from; null where another session did, and the orders of the run say it.</param>
    /// <param name="listener">Told of the steps.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task<RunctlTraining> ResumeAsync(string runId, int interrupted, string? action, LaunchRequest? launched, IResumeListener listener, CancellationToken cancellationToken)
    {
        var own = new OwnClaims(listener);
        var backoff = new Backoff(FirstPause, LongestPause, time, 2);
        while (true)
        {
            try
            {
                var request = new ResumeRequest { RunId = runId, Interrupted = interrupted, Action = action, Launched = launched, Force = own.Any };
                var attempted = await PlanAsync(request, own, cancellationToken).ConfigureAwait(false);
                if (attempted is ResumeAttempt.AlreadyRunning running)
                {
                    return running.Training;
                }

                var plan = ((ResumeAttempt.Planned)attempted).Plan;
                if (plan.Record.Attempts.Any(a => a.Number >= interrupted && a.State == RunStates.Stopped))
                {
                    throw RunctlErrors.RunStopped(runId);
                }

                if (plan.Record.Attempts.LastOrDefault(a => a.Number > interrupted && !own.Has(a.Number) && (a.Started is not null || (a.State == RunStates.Claimed && a.Number == plan.Seen && !plan.SeenIsLost))) is { } other)
                {
                    throw RunctlErrors.ResumeTaken(runId, other.Number, other.ClaimedBy, other.Claimed);
                }

                // A claim of another is never passed over here.
                plan = plan with { Request = plan.Request with { Force = own.Has(plan.Seen) } };
                if (plan.Resumes >= plan.Spec.Policy.MaxResumes)
                {
                    throw RunctlErrors.ResumesUsedUp(runId, plan.Spec.Policy.MaxResumes);
                }

                foreach (var doubt in plan.Doubts)
                {
                    listener.OnWarning(doubt);
                }

                if (plan.Remains is { } remains && !own.Any)
                {
                    listener.OnWarning(remains);
                }

                return await _resumer.ResumeAsync(plan, own, Silence.Instance, isPatient: true, cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException e) when (own.Hosts < MostHosts && (Passes(e) || e.Id is ErrorIds.InstanceGone or ErrorIds.InstanceNotRunning or ErrorIds.InstanceNotFound))
            {
                listener.OnFailed($"Resuming run {runId} failed for now, and is tried again: {e.Message}");
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Signing in again is something that passes, too.</summary>
    private static bool Passes(RunctlException e) => e.MayPass || e.Kind == ErrorKind.Authentication;

    /// <summary>The plan, or the run where it is alive in an attempt that was started from here: the start worked, and only its answer was lost.</summary>
    private async Task<ResumeAttempt> PlanAsync(ResumeRequest request, OwnClaims own, CancellationToken cancellationToken)
    {
        try
        {
            return new ResumeAttempt.Planned(await _resumer.PlanAsync(request, cancellationToken).ConfigureAwait(false));
        }
        catch (RunctlException e) when (e.Id == ErrorIds.RunStillAlive && own.Any)
        {
            if (await FindAsync(request.RunId, own.Has, cancellationToken).ConfigureAwait(false) is not { } started)
            {
                throw;
            }

            return new ResumeAttempt.AlreadyRunning(started);
        }
    }

    private async Task<RunctlTraining?> FindAsync(string runId, Func<int, bool> isIt, CancellationToken cancellationToken)
    {
        await foreach (var training in new RunFinder(cloud, configuration, time).FindAsync(runId, null, cancellationToken).ConfigureAwait(false))
        {
            if (isIt(training.Attempt))
            {
                return training;
            }
        }

        return null;
    }

    /// <summary>Remembers which attempts were claimed here, so that the next try goes on after them.</summary>
    private sealed class OwnClaims(IResumeListener listener) : IResumeListener
    {
        private readonly HashSet<int> _attempts = [];

        public bool Any => _attempts.Count > 0;

        /// <summary>How many instances were to go on with the run.</summary>
        public int Hosts { get; private set; }

        public bool Has(int attempt) => _attempts.Contains(attempt);

        public void OnClaimed(int attempt)
        {
            _attempts.Add(attempt);
            listener.OnClaimed(attempt);
        }

        public void OnLaunched(RunctlInstance replacement, int attempt)
        {
            Hosts++;
            listener.OnLaunched(replacement, attempt);
        }

        public void OnWaiting(string instanceId) => listener.OnWaiting(instanceId);

        public void OnReturned(RunctlInstance instance, int attempt)
        {
            Hosts++;
            listener.OnReturned(instance, attempt);
        }

        public void OnWarning(string message) => listener.OnWarning(message);

        public void OnFailed(string message) => listener.OnFailed(message);
    }

    /// <summary>Nobody looks at the progress of what happens in the background.</summary>
    private sealed class Silence : IProgress<ProgressUpdate>
    {
        public static readonly Silence Instance = new();

        public void Report(ProgressUpdate value)
        {
            // The events tell it.
        }
    }
}
