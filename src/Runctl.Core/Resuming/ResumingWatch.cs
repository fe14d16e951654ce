using Runctl.Errors;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Monitoring;
using Runctl.Training;

namespace Runctl.Resuming;

/// <summary>
/// Stands between a monitor and whoever is told: an interruption begins a resume while the old instance is still saving, and the run is
/// watched on where it goes on. Each interruption begins one resume at most; a run that finished, failed or was stopped begins none.
/// </summary>
internal sealed class ResumingWatch(AutoResumer resumer, InstanceMonitor monitor, MonitorTarget target, IMonitorObserver inner, TimeProvider time) : IMonitorObserver, IResumeListener, IAsyncDisposable
{
    private static readonly string[] ByAws = ["imds", "monitor", "drill"];

    private readonly object _gate = new();
    private readonly CancellationTokenSource _end = new();
    private readonly List<IAsyncDisposable> _watches = [];
    private readonly List<Task> _work = [];
    private readonly Dictionary<int, ResumeStage> _stages = [];
    private readonly Dictionary<int, RunctlTraining> _ended = [];
    private RunctlTraining _training = target.Training;
    private long _told;
    private bool _isOver;

    private string RunId => target.Training.RunId;

    /// <summary>Begins to watch an attempt.</summary>
    public void Begin(MonitorTarget attempt)
    {
        // Outside the lock: the monitor may tell something at once.
        var watch = monitor.Watch(attempt, this);
        lock (_gate)
        {
            if (!_isOver)
            {
                _watches.Add(watch);
                return;
            }
        }

        _ = watch.DisposeAsync().AsTask();
    }

    /// <inheritdoc/>
    public void OnEvent(RunctlEvent runctlEvent) => Tell(() =>
    {
        inner.OnEvent(runctlEvent);
        _told = runctlEvent.Sequence;
        if (runctlEvent is { Kind: EventKinds.InterruptionDetected, Attempt: { } attempt } && ByAws.Contains(runctlEvent.TextOf("source")))
        {
            BeginResume(attempt, runctlEvent.InstanceId, isCertain: true);
        }
        else if (runctlEvent is { Kind: EventKinds.InterruptionDetected, Attempt: { } other } && runctlEvent.TextOf("source") == "manual")
        {
            // Somebody wanted it to end.
            _stages.TryAdd(other, ResumeStage.Declined);
        }
    });

    /// <inheritdoc/>
    public void OnWarning(string message) => Tell(() => inner.OnWarning(message));

    /// <inheritdoc/>
    public void OnEnded(RunctlTraining training) => Tell(() =>
    {
        _ended[training.Attempt] = training;
        if (training.State is "interrupted" or "lost")
        {
            BeginResume(training.Attempt, training.InstanceId, isCertain: false);
        }

        if (_stages.GetValueOrDefault(training.Attempt, ResumeStage.Declined) == ResumeStage.Declined || training.State is not ("interrupted" or "lost"))
        {
            End(training);
        }
    });

    /// <inheritdoc/>
    public void OnStopped() => Tell(() =>
    {
        _isOver = true;
        _end.Cancel();
        inner.OnStopped();
    });

    /// <inheritdoc/>
    void IResumeListener.OnClaimed(int attempt) => Tell(EventKinds.ResumeBegun, target.Training.InstanceId, attempt, $"Resuming run {RunId} as attempt {attempt}", new { });

    /// <inheritdoc/>
    void IResumeListener.OnWaiting(string instanceId) => Tell(EventKinds.InstanceAwaited, instanceId, target.Training.Attempt, $"Run {RunId} waits for instance {instanceId}, which EC2 starts again when it has the capacity", new { });

    /// <inheritdoc/>
    void IResumeListener.OnReturned(RunctlInstance instance, int attempt) => Tell(EventKinds.InstanceReturned, instance.InstanceId, attempt, $"Instance {instance.InstanceId} is back", new { });

    /// <inheritdoc/>
    void IResumeListener.OnLaunched(RunctlInstance replacement, int attempt) => Tell(EventKinds.ReplacementLaunched, replacement.InstanceId, attempt,
        $"Replacement launched: {replacement.InstanceId} ({replacement.InstanceType}, {replacement.AvailabilityZone})", new { instance_type = replacement.InstanceType, availability_zone = replacement.AvailabilityZone });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<IAsyncDisposable> watches;
        List<Task> work;
        lock (_gate)
        {
            _isOver = true;
            watches = [.. _watches];
            work = [.. _work];
            _watches.Clear();
        }

        await _end.CancelAsync().ConfigureAwait(false);
        foreach (var watch in watches)
        {
            await watch.DisposeAsync().ConfigureAwait(false);
        }

        // A resume that is given up terminates what it has launched.
        await Task.WhenAll(work).ConfigureAwait(false);
    }

    private void BeginResume(int attempt, string instanceId, bool isCertain)
    {
        if (!_isOver && _stages.TryAdd(attempt, ResumeStage.Begun))
        {
            _work.Add(Task.Run(() => ResumeAsync(attempt, instanceId, isCertain)));
        }
    }

    private async Task ResumeAsync(int attempt, string instanceId, bool isCertain)
    {
        try
        {
            // A machine that goes without a notice may have been ended by its owner.
            if (!isCertain && await resumer.MayBeEndedByUserAsync(instanceId, _end.Token).ConfigureAwait(false))
            {
                Decline(attempt, $"Instance {instanceId} was ended by its owner, or so long ago that EC2 does not know it any more, so run {RunId} is not resumed by itself. Resume-RunctlTraining does it.");
                return;
            }

            var resumed = await resumer.ResumeAsync(RunId, attempt, this, _end.Token).ConfigureAwait(false);
            lock (_gate)
            {
                _stages[attempt] = ResumeStage.Done;
            }

            Tell(EventKinds.TrainingResumed, resumed.InstanceId, resumed.Attempt, $"Training resumed on instance {resumed.InstanceId}{(resumed.ResumedFrom is { } from ? $" from {from.Name}" : "")}",
                new { checkpoint = resumed.ResumedFrom?.Name, step = resumed.ResumedFrom?.Step, manifest = resumed.ResumedFrom?.Manifest });
            Tell(() => inner.OnResumed(resumed));
            (_training, _told) = (resumed, 0);
            Begin(new MonitorTarget(resumed, target.PollInterval));
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // Nobody is left to tell.
        }
        catch (RunctlException e) when (e.Id == "RunWentOn")
        {
            WatchOn(attempt, instanceId, e.Message);
        }
        catch (RunctlException e)
        {
            Decline(attempt, $"Run {RunId} is not resumed by itself: {e.Message} {e.RecommendedAction}".TrimEnd());
        }
#pragma warning disable CA1031 // Whatever it is, whoever waits has to be told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Decline(attempt, $"Run {RunId} is not resumed by itself, Runctl failed: {e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>The attempt itself goes on: it is watched as before, and a new interruption of it is another one.</summary>
    private void WatchOn(int attempt, string instanceId, string message)
    {
        long told;
        lock (_gate)
        {
            _stages.Remove(attempt);
            _ended.Remove(attempt);
            told = _told;
        }

        Tell(EventKinds.InstanceReturned, instanceId, attempt, message, new { });
        Begin(new MonitorTarget(_training, target.PollInterval, told));
    }

    private void Decline(int attempt, string why) => Tell(() =>
    {
        _stages[attempt] = ResumeStage.Declined;
        inner.OnWarning(why);
        if (_ended.TryGetValue(attempt, out var training))
        {
            End(training);
        }
    });

    private void End(RunctlTraining training)
    {
        _isOver = true;
        // A run that ended by itself needs no replacement that may be on its way.
        _end.Cancel();
        inner.OnEnded(training);
    }

    private void Tell(string kind, string instanceId, int attempt, string message, object data) => Tell(() => inner.OnEvent(new RunctlEvent
    {
        Time = time.GetUtcNow(), Kind = kind, InstanceId = instanceId, RunId = RunId, Attempt = attempt, Message = message, Data = RunctlJson.ToElement(data),
    }));

    /// <summary>One thing after the other, whoever tells it; nothing after the end.</summary>
    private void Tell(Action act)
    {
        lock (_gate)
        {
            if (!_isOver)
            {
                act();
            }
        }
    }
}
