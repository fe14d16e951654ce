using Runctl.Errors;
using Runctl.Events;
using Runctl.Metrics;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Monitoring;

/// <summary>One run under watch: what was told of it already, and to whom.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds nothing that has to be released.")]
internal sealed class MonitoredRun(ICloud cloud, MonitorTarget target, IMonitorObserver observer, TimeProvider time)
{
    /// <summary>Subject of the trouble that ends when a status was taken in.</summary>
    public const string Answering = "answer";

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Troubles _troubles = new(observer.OnWarning);
    private readonly EventFeed _feed = new(cloud, target.Training, target.AfterSequence, time);
    private readonly TrainingReader _reader = new(cloud, time);
    private RunctlTraining _training = target.Training;
    private volatile bool _isOver;

    /// <summary>What is monitored.</summary>
    public MonitorTarget Target => target;

    /// <summary>Whether nothing will be told any more.</summary>
    public bool IsOver => _isOver;

    /// <summary>Whether it was asked already if the instance can be interrupted at all.</summary>
    public bool IsMarketKnown { get; private set; }

    /// <summary>Says it where the instance can not be interrupted, once.</summary>
    public Task OnMarketAsync(bool isSpot) => InTurnAsync(() =>
    {
        if (!isSpot && !IsMarketKnown)
        {
            observer.OnWarning($"Instance {_training.InstanceId} is not a spot instance: it will not be interrupted. What else happens to run {_training.RunId} is told all the same.");
        }

        IsMarketKnown = true;
        return Task.CompletedTask;
    });

    /// <summary>Takes the guard's status in.</summary>
    public Task OnStatusAsync(GuardStatus status, CancellationToken cancellationToken) => InTurnAsync(async () =>
    {
        var state = status.Runs?.FirstOrDefault(r => r.RunId == _training.RunId);
        if (state is null)
        {
            // An instance with many runs: this one's state did not fit.
            _training = await _reader.RefreshAsync(_training, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            _training = _reader.Apply(_training, state);
        }

        var fresh = _feed.TryTake(status.Events ?? []);
        Tell(fresh ?? []);
        if (fresh is null || state is null || state.LastSeq > _feed.Position)
        {
            Tell(await _feed.AskAsync(cancellationToken).ConfigureAwait(false));
        }

        _troubles.End(Answering);
        if (_training.HasEnded)
        {
            End();
        }
    });

    /// <summary>The instance is going, or gone: what the guard left in S3 is all there will be.</summary>
    /// <param name="isFinal">Whether nothing can be written there any more.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task OnGoneAsync(bool isFinal, CancellationToken cancellationToken) => InTurnAsync(async () =>
    {
        Tell(await _feed.ReadShippedAsync(cancellationToken).ConfigureAwait(false));
        var training = await _reader.ReadRecordAsync(_training, cancellationToken).ConfigureAwait(false);
        if (isFinal || training.State != "lost")
        {
            _training = training;
            End();
        }
    });

    /// <summary>Says what does not work, once until it does.</summary>
    public Task WarnAsync(string subject, string cause, string message, string? over = null) => InTurnAsync(() =>
    {
        _troubles.Begin(subject, cause, message, over);
        return Task.CompletedTask;
    });

    /// <summary>Says what failed, once until it works.</summary>
    public Task WarnAsync(string subject, RunctlException error, string? over = null) =>
        WarnAsync(subject, error.ServiceErrorCode ?? error.Id, error.RecommendedAction is null ? error.Message : $"{error.Message} {error.RecommendedAction}", over);

    /// <summary>It works; said where it did not.</summary>
    public Task WorksAsync(string subject) => InTurnAsync(() =>
    {
        _troubles.End(subject);
        return Task.CompletedTask;
    });

    /// <summary>Nobody wants to be told any more.</summary>
    public Task EndAsync() => InTurnAsync(() =>
    {
        _isOver = true;
        return Task.CompletedTask;
    });

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

    private async Task InTurnAsync(Func<Task> act)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_isOver)
            {
                await act().ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }
}
