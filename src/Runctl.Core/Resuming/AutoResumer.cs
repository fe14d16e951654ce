using System.Collections.Concurrent;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Monitoring;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Training;

namespace Runctl.Resuming;

/// <summary>Watches runs and resumes them by itself when they are interrupted, once for each interruption, as often as max_resumes allows.</summary>
public sealed class AutoResumer(ICloud cloud, IAdapters adapters, RunctlConfiguration configuration, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

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
        watch.Begin(target);
        return watch;
    }

    /// <summary>Ends all watching; resumes that are under way are undone first.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(_watches.Select(watch => watch.DisposeAsync().AsTask())).ConfigureAwait(false);

    /// <summary>Whether an instance went by somebody's own hand, who would not want another in its place, or so long ago that EC2 can not say.</summary>
    internal async Task<bool> MayBeEndedByUserAsync(string instanceId, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(FirstPause, LongestPause, time, 2);
        while (true)
        {
            try
            {
                var instance = await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false);
                return instance is null || (instance.StateReason?.StartsWith("Client.", StringComparison.Ordinal) ?? false);
            }
            catch (RunctlException e) when (Passes(e))
            {
                // An outage of EC2 is no reason to leave the run where it is.
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Resumes after the interruption of an attempt; what passes is waited for, less and less often.</summary>
    internal async Task<RunctlTraining> ResumeAsync(string runId, int interrupted, IResumeListener listener, CancellationToken cancellationToken)
    {
        var own = new OwnClaims(listener);
        var backoff = new Backoff(FirstPause, LongestPause, time, 2);
        while (true)
        {
            try
            {
                var plan = await _resumer.PlanAsync(new ResumeRequest { RunId = runId, Interrupted = interrupted, Force = own.Any }, cancellationToken).ConfigureAwait(false);
                if (plan.Seen != interrupted && !own.Has(plan.Seen))
                {
                    throw await TakenAsync(plan, cancellationToken).ConfigureAwait(false);
                }

                // A claim of another is never passed over here.
                plan = plan with { Request = plan.Request with { Force = own.Has(plan.Seen) } };
                if (plan.Resumes >= configuration.MaxResumes)
                {
                    throw RunctlErrors.ResumesUsedUp(runId, configuration.MaxResumes);
                }

                if (plan.Remains is { } remains && !own.Any)
                {
                    listener.OnWarning(remains);
                }

                return await _resumer.ResumeAsync(plan, own, Silence.Instance, isPatient: true, cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException e) when (e.Id == "RunStillAlive" && own.Any)
            {
                // The start worked, and only its answer was lost.
                if (await FindAsync(runId, own, cancellationToken).ConfigureAwait(false) is not { } training)
                {
                    throw;
                }

                return training;
            }
            catch (RunctlException e) when (own.Hosts < MostHosts && (Passes(e) || e.Id is "InstanceGone" or "InstanceNotRunning" or "InstanceNotFound"))
            {
                listener.OnWarning($"Resuming run {runId} failed for now, and is tried again: {e.Message}");
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Signing in again is something that passes, too.</summary>
    private static bool Passes(RunctlException e) => e.MayPass || e.Kind == ErrorKind.Authentication;

    private async Task<RunctlTraining?> FindAsync(string runId, OwnClaims own, CancellationToken cancellationToken)
    {
        await foreach (var training in new TrainingCatalog(cloud, configuration, time).FindAsync(runId, null, cancellationToken).ConfigureAwait(false))
        {
            if (own.Has(training.Attempt))
            {
                return training;
            }
        }

        return null;
    }

    private static async Task<RunctlException> TakenAsync(ResumePlan plan, CancellationToken cancellationToken)
    {
        var record = await plan.Store.ReadRecordAsync(plan.Spec.RunId, cancellationToken).ConfigureAwait(false);
        var newest = record?.Newest();
        return RunctlErrors.ResumeTaken(plan.Spec.RunId, newest?.Number ?? plan.Seen, newest?.ClaimedBy, newest?.Claimed);
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
