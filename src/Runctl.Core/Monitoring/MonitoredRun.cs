using Runctl.Errors;
using Runctl.Events;
using Runctl.Metrics;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Telling;
using Runctl.Training;

namespace Runctl.Monitoring;

/// <summary>One run under watch: what was told of it already, and to whom.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "Without a wait handle and a timer they hold nothing that has to be released.")]
internal sealed class MonitoredRun(ICloud cloud, MonitorTarget target, IMonitorObserver observer, TimeProvider time)
{
    /// <summary>Subject of the trouble that ends when a status was taken in.</summary>
    public const string Answering = "answer";

    private const string Defect = "defect";

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _end = new();
    private readonly ProblemLog _problems = new(observer.OnWarning);
    private readonly EventFeed _feed = new(cloud, target.Training, target.AfterSequence, time);
    private readonly RunRefresher _refresher = new(cloud, time);
    private volatile RunctlTraining _training = target.Training;
    private volatile bool _isUnlisted;
    private volatile bool _isOver;
    private long _lastSequence;
    private Task _beside = Task.CompletedTask;

    /// <summary>The log of the command or job that watches the run.</summary>
    public ICommandLog? Log { get; } = CommandLog.Current;

    /// <summary>What is monitored.</summary>
    public MonitorTarget Target => target;

    /// <summary>The run as it was last known.</summary>
    public RunctlTraining Training => _training;

    /// <summary>Whether nothing will be told any more.</summary>
    public bool IsOver => _isOver;

    /// <summary>Whether it was asked already if the instance can be interrupted at all.</summary>
    public bool IsMarketKnown { get; private set; }

    /// <summary>Says it where the instance cannot be interrupted, once.</summary>
    public Task OnMarketAsync(bool isSpot) => InTurnAsync(() =>
    {
        if (!isSpot && !IsMarketKnown)
        {
            observer.OnWarning($"Instance {_training.InstanceId} is not a spot instance: EC2 does not interrupt it. The monitor reports other events of run {_training.RunId} as usual.");
        }

        IsMarketKnown = true;
    });

    /// <summary>Takes the guard's status in, and tells what came along with it.</summary>
    /// <returns>Whether there is more, which has to be fetched.</returns>
    public async Task<bool> OnStatusAsync(GuardStatus status)
    {
        var isAll = true;
        await InTurnAsync(() =>
        {
            var state = status.Runs?.FirstOrDefault(r => r.RunId == _training.RunId);
            _isUnlisted = state is null;
            if (state is not null)
            {
                _training = _refresher.Apply(_training, state);
                _lastSequence = state.LastSeq;
            }

            var fresh = _feed.TryTake(status.Events ?? []);
            Tell(fresh ?? []);
            isAll = fresh is not null && state is not null && state.LastSeq <= _feed.Position;
            if (isAll)
            {
                OnTakenIn(mayEnd: true);
            }
        }).ConfigureAwait(false);
        return !isAll;
    }

    /// <summary>Asks the guard for what did not fit into its status.</summary>
    public async Task FetchAsync(CancellationToken cancellationToken)
    {
        if (_isUnlisted)
        {
            var training = await _refresher.RefreshAsync(_training, cancellationToken).ConfigureAwait(false);
            _training = _isUnlisted ? training : _training;
        }

        // What a guard tells after its run has ended is all there is; before that a page may have been too early.
        var hadEnded = _training.AttemptHasEnded;
        await _feed.AskAsync(page => InTurnAsync(() => Tell(_feed.Take(page))), cancellationToken).ConfigureAwait(false);
        await InTurnAsync(() => OnTakenIn(hadEnded || _feed.Position >= _lastSequence)).ConfigureAwait(false);
    }

    /// <summary>The instance is going, or gone: what the guard left in S3 is all there will be.</summary>
    /// <param name="isFinal">Whether nothing can be written there any more.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task OnGoneAsync(bool isFinal, CancellationToken cancellationToken)
    {
        // In the order the guard writes them turned round: once the record says how it ended, all events are there.
        var training = await _refresher.ReadRecordAsync(_training, cancellationToken).ConfigureAwait(false);
        var events = await _feed.ReadShippedAsync(training.Attempt, cancellationToken).ConfigureAwait(false);
        await InTurnAsync(() =>
        {
            Tell(_feed.Take(events));
            if (isFinal || training.State != RunStates.Lost)
            {
                _training = training;
                End();
            }
        }).ConfigureAwait(false);
    }

    /// <summary>Does what takes its time beside the polling: one thing at once, and only as long as somebody wants to be told. What comes while it lasts is left to the next round.</summary>
    public Task BesideAsync(Func<CancellationToken, Task> act, CancellationToken cancellationToken) =>
        _beside.IsCompleted && !_isOver ? _beside = UntilEndAsync(act, cancellationToken) : Task.CompletedTask;

    /// <summary>Says that Runctl itself failed over this run, once until it does not.</summary>
    public Task OnDefectAsync(Exception error) => WarnAsync(Defect, error.GetType().Name,
        $"Runctl could not take in what {target.Training.InstanceId} answered ({error.GetType().Name}: {error.Message}); it tries again.");

    /// <summary>Says what does not work, once until it does.</summary>
    public Task WarnAsync(string subject, string cause, string message, string? over = null) => InTurnAsync(() => _problems.Begin(subject, cause, message, over));

    /// <summary>Says what failed, once until it works.</summary>
    public Task WarnAsync(string subject, RunctlException error, string? over = null) =>
        WarnAsync(subject, error.ServiceErrorCode ?? error.Id, error.RecommendedAction is null ? error.Message : $"{error.Message} {error.RecommendedAction}", over);

    /// <summary>It works; said where it did not.</summary>
    public Task WorksAsync(string subject) => InTurnAsync(() => _problems.End(subject));

    /// <summary>Nobody wants to be told any more.</summary>
    public Task EndAsync() => LeaveAsync(static () => { });

    /// <summary>The monitor itself ends.</summary>
    public Task StopAsync() => LeaveAsync(observer.OnStopped);

    private async Task LeaveAsync(Action tell)
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await InTurnAsync(() =>
        {
            _isOver = true;
            tell();
        }).ConfigureAwait(false);
    }

    private void OnTakenIn(bool mayEnd)
    {
        _problems.End(Answering);
        _problems.End(Defect);
        if (_training.AttemptHasEnded && mayEnd)
        {
            End();
        }
    }

    private void Tell(IReadOnlyList<RunctlEvent> events)
    {
        foreach (var item in events)
        {
            RunctlMetrics.Count(item);
            observer.OnEvent(item);
        }
    }

    private void End()
    {
        _isOver = true;
        observer.OnEnded(_training);
    }

    private async Task UntilEndAsync(Func<CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
        await act(either.Token).ConfigureAwait(false);
    }

    /// <summary>Tells one thing after the other. Nothing in here waits for a service, so that whoever has his turn does not wait long.</summary>
    private async Task InTurnAsync(Action act)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_isOver)
            {
                act();
            }
        }
        finally
        {
            _turn.Release();
        }
    }
}
