using Runctl.Errors;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Monitoring;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Telling;
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
    private readonly List<Task> _resumes = [];
    private readonly Dictionary<int, ResumeStage> _stages = [];
    private readonly Dictionary<int, RunctlTraining> _ended = [];
    private readonly DateTimeOffset _begun = time.GetUtcNow();
    private readonly ICommandLog? _log = CommandLog.Current;
    private RunctlTraining _training = target.Training;
    private readonly HashSet<string> _said = new(StringComparer.Ordinal);
    private long _told;
    private CancellationTokenSource _hold = new();
    private int _holders;
    private bool _isLeft;
    private Interruption? _kept;
    private bool _isEnding;
    private bool _isOver;

    /// <summary>The run.</summary>
    public string RunId => target.Training.RunId;

    /// <summary>Whether an interruption of the attempt that is watched now is, or would be, followed by a resume.</summary>
    public bool WillResume
    {
        get
        {
            lock (_gate)
            {
                return !_isEnding && !_isOver && !_hold.IsCancellationRequested && _stages.GetValueOrDefault(_training.Attempt) != ResumeStage.Declined;
            }
        }
    }

    /// <summary>Holds the run while its user stops it: a resume that is under way is undone, and none begins before <see cref="Release"/>.</summary>
    public async Task HoldAsync()
    {
        CancellationTokenSource hold;
        lock (_gate)
        {
            _holders++;
            hold = _hold;
        }

        await hold.CancelAsync().ConfigureAwait(false);
        Task[] resumes;
        lock (_gate)
        {
            resumes = [.. _resumes];
        }

        await Task.WhenAll(resumes).ConfigureAwait(false);
    }

    /// <summary>Ends a hold. A run that was stopped is left to its user, and watched on to its end; one that was not is resumed as before, also after an interruption during the hold.</summary>
    /// <param name="isStopped">Whether the run was stopped.</param>
    public void Release(bool isStopped) => Tell(() =>
    {
        _holders--;
        _isLeft |= isStopped;
        if (!_isLeft && _holders > 0)
        {
            return;
        }

        var kept = _kept;
        _kept = null;
        if (!_isLeft)
        {
            _hold = new CancellationTokenSource();
        }

        if (kept is not null && _isLeft)
        {
            Decline(kept.Attempt);
        }
        else if (kept is not null)
        {
            BeginResume(kept);
        }
    });

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
        // One guard tells of all attempts on its instance; of an older one it is known what became of it.
        if (runctlEvent.Attempt < _training.Attempt)
        {
            return;
        }

        if (runctlEvent is { Kind: EventKinds.InterruptionDetected, Attempt: { } attempt } && ByAws.Contains(runctlEvent.TextOf("source")))
        {
            // The deadline is by EC2's clock, all else by the instance's own.
            BeginResume(new Interruption(attempt, runctlEvent.InstanceId, runctlEvent.TimeOf("deadline") ?? runctlEvent.Time, HasNotice: true, runctlEvent.TextOf("source") == "drill" ? null : runctlEvent.TextOf("action")));
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
    void IResumeListener.OnWarning(string message) => Warn(message);


    /// <inheritdoc/>
    public void OnEnded(RunctlTraining training) => Tell(() =>
    {
        _ended[training.Attempt] = training;
        _training.Cell?.See(training.Attempt, training.InstanceId, training.State);
        if (RunStates.IsCutOff(training.State))
        {
            BeginResume(new Interruption(training.Attempt, training.InstanceId, training.Ended, HasNotice: false, Action: null));
        }

        var isOpen = _kept?.Attempt == training.Attempt || _stages.GetValueOrDefault(training.Attempt, ResumeStage.Declined) != ResumeStage.Declined;
        if (!isOpen || !RunStates.IsCutOff(training.State))
        {
            End(training);
        }
    });

    /// <inheritdoc/>
    public void OnStopped() => Tell(() =>
    {
        _isOver = _isEnding = true;
        _end.Cancel();
        inner.OnStopped();
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<IAsyncDisposable> watches;
        List<Task> work;
        lock (_gate)
        {
            _isOver = _isEnding = true;
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

    private void BeginResume(Interruption interruption)
    {
        if (_isEnding || _isLeft || _stages.ContainsKey(interruption.Attempt) || _kept?.Attempt == interruption.Attempt)
        {
            return;
        }

        if (_hold.IsCancellationRequested)
        {
            _kept = interruption;
            return;
        }

        _stages[interruption.Attempt] = ResumeStage.Begun;
        var hold = _hold.Token;
        var resume = Task.Run(() => ResumeAsync(interruption, hold));
        _work.Add(resume);
        _resumes.Add(resume);
    }

    private async Task ResumeAsync(Interruption interruption, CancellationToken hold)
    {
        // The interruption is told by the monitor, which works for all; the resume is the work of this watch.
        using var log = CommandLog.Use(_log);
        var (attempt, instanceId) = (interruption.Attempt, interruption.InstanceId);
        var events = resumer.EventsOf(RunId, attempt, instanceId, this, item => Tell(() => inner.OnEvent(item)));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, hold);
        try
        {
            if (interruption.At is { } at && !AutoResumer.IsRecent(at, _begun))
            {
                DeclineUntried(attempt, $"Run {RunId} was interrupted at {at.UtcDateTime:yyyy-MM-dd HH:mm:ss'Z'}, long before this session watched it, so Runctl does not resume it automatically. To resume it: Resume-RunctlTraining {RunId}");
                return;
            }

            // A machine that goes without a notice may have been ended by its owner.
            if (!interruption.HasNotice && await resumer.MayBeEndedByUserAsync(instanceId, _begun, either.Token).ConfigureAwait(false))
            {
                DeclineUntried(attempt, $"Instance {instanceId} was ended by its owner, or long ago, so Runctl does not resume run {RunId} automatically. To resume it: Resume-RunctlTraining {RunId}");
                return;
            }

            GoOn(attempt, await ResumeOrFollowAsync(interruption, events, either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // Nobody is left to tell.
            events.OnStopped();
        }
        catch (OperationCanceledException) when (hold.IsCancellationRequested)
        {
            events.OnStopped();
            // The user stops the run: if that is done, how the attempt ended is the end that is told.
            Tell(() =>
            {
                _stages.Remove(attempt);
                _kept = interruption;
            });
        }
        catch (RunctlException e) when (e.Id == ErrorIds.RunWentOn)
        {
            WatchOn(attempt, events, e.Message);
        }
        catch (RunctlException e)
        {
            Decline(attempt, events, $"Runctl does not resume run {RunId} automatically: {e.Message} {e.RecommendedAction}".TrimEnd());
        }
#pragma warning disable CA1031 // Whatever it is, whoever waits has to be told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Decline(attempt, events, $"Runctl does not resume run {RunId} automatically, because it failed: {e.GetType().Name}: {e.Message}");
        }
        finally
        {
            await events.FlushAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The run as it goes on: resumed from here, or by another, who had it first.</summary>
    private async Task<RunctlTraining> ResumeOrFollowAsync(Interruption interruption, ResumeEvents events, CancellationToken cancellationToken)
    {
        var attempt = interruption.Attempt;
        var patience = TimeSpan.FromMinutes(5);
        while (true)
        {
            try
            {
                var resumed = await resumer.ResumeAsync(RunId, attempt, interruption.Action, _training.Launch, events, cancellationToken).ConfigureAwait(false);
                events.OnResumed(resumed);
                return resumed;
            }
            catch (RunctlException e) when (e.Id is ErrorIds.ResumeTaken or ErrorIds.RunStillAlive or ErrorIds.QuotaHeld)
            {
                Warn($"Run {RunId} is not resumed from here now: {e.Message} {e.RecommendedAction} What becomes of it is watched on.");
                if (await resumer.FollowAsync(RunId, attempt, target.Training.Script, e.Id == ErrorIds.QuotaHeld ? interruption.InstanceId : null, patience, cancellationToken).ConfigureAwait(false) is { } other)
                {
                    OnWarning($"Run {RunId} continues as attempt {other.Attempt} on instance {other.InstanceId}; the monitor watches it there.");
                    return other;
                }

                // What stays in the way is tried again, less and less often.
                patience = patience < TimeSpan.FromHours(1) ? patience * 2 : patience;
            }
        }
    }

    private void GoOn(int interrupted, RunctlTraining resumed)
    {
        long known = 0;
        Tell(() =>
        {
            if (resumed.InstanceId != _training.InstanceId && !_isEnding)
            {
                _work.Add(LookForStayingAsync(_training.InstanceId));
            }

            _stages[interrupted] = ResumeStage.Done;
            // One guard counts its events on.
            known = _told = resumed.InstanceId == _training.InstanceId ? _told : 0;
            resumed = resumed.With(copy => copy.Cell = _training.Cell);
            resumed.Cell?.See(resumed.Attempt, resumed.InstanceId);
            _training = resumed;
            _said.Clear();
            inner.OnResumed(resumed);
        });
        Begin(new MonitorTarget(resumed, target.PollInterval, known));
    }

    /// <summary>A drill's instance stays, and one whose notice was withdrawn; each costs money without a use.</summary>
    private async Task LookForStayingAsync(string instanceId)
    {
        try
        {
            if (await resumer.LookForStayingAsync(RunId, instanceId, _end.Token).ConfigureAwait(false) is { } staying)
            {
                OnWarning(staying);
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // Nobody is left to tell.
        }
        catch (RunctlException e)
        {
            OnWarning($"Whether instance {instanceId}, where run {RunId} was before, is gone could not be found out: {e.Message}");
        }
    }

    /// <summary>The attempt itself goes on: it is watched as before, and a new interruption of it is another one.</summary>
    private void WatchOn(int attempt, ResumeEvents events, string message)
    {
        long told;
        lock (_gate)
        {
            _stages.Remove(attempt);
            _ended.Remove(attempt);
            told = _told;
        }

        events.OnWentOn(message);
        Begin(new MonitorTarget(_training, target.PollInterval, told));
    }

    private void Decline(int attempt, ResumeEvents events, string why)
    {
        events.KeepFailure(why);
        DeclineUntried(attempt, why);
    }

    /// <summary>Nothing was done for the run: each session that watches it says so, and no event does.</summary>
    private void DeclineUntried(int attempt, string why)
    {
        Warn(why);
        Tell(() => Decline(attempt));
    }

    private void Decline(int attempt)
    {
        _stages[attempt] = ResumeStage.Declined;
        if (_ended.TryGetValue(attempt, out var training))
        {
            End(training);
        }
    }

    /// <summary>Once each between two attempts; of what a resume could not undo somebody has to hear, too, where nobody watches any more.</summary>
    private void Warn(string message)
    {
        if (!Tell(() =>
        {
            if (_said.Add(message))
            {
                inner.OnWarning(message);
            }
        }))
        {
            resumer.TellAfterEnd(message);
        }
    }

    private void End(RunctlTraining training)
    {
        if (_isEnding)
        {
            return;
        }

        _isEnding = true;
        // A run that ended by itself needs no replacement that may be on its way. The end is told when that is undone.
        _end.Cancel();
        if (_work.TrueForAll(work => work.IsCompleted))
        {
            TellEnd(training);
            return;
        }

        _ = Task.WhenAll(_work).ContinueWith(_ => Tell(() => TellEnd(training)), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private void TellEnd(RunctlTraining training)
    {
        _isOver = true;
        inner.OnEnded(training);
    }

    /// <summary>One thing after the other, whoever tells it; nothing after the end.</summary>
    /// <returns>Whether it was told.</returns>
    private bool Tell(Action act)
    {
        lock (_gate)
        {
            var isHeard = !_isOver;
            if (isHeard)
            {
                act();
            }

            return isHeard;
        }
    }

    /// <summary>How an attempt was interrupted.</summary>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="InstanceId">Where.</param>
    /// <param name="At">When AWS would take the instance, or it ended; null where that is not known.</param>
    /// <param name="HasNotice">Whether AWS had said so.</param>
    /// <param name="Action">What AWS would do with it, for example terminate; null where that is not known.</param>
    private sealed record Interruption(int Attempt, string InstanceId, DateTimeOffset? At, bool HasNotice, string? Action);
}
