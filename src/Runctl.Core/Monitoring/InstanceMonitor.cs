using Runctl.Ports;

namespace Runctl.Monitoring;

/// <summary>Polls the guards of all monitored instances of a connection together and hands on what they tell. One per connection and session.</summary>
public sealed class InstanceMonitor(ICloud cloud, TimeProvider time) : IAsyncDisposable
{
    private readonly object _lock = new();
    private readonly List<MonitoredRun> _runs = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly MonitorRound _round = new(cloud, time);
    private Task _loop = Task.CompletedTask;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Begins to monitor a run; the poller starts with the first and rests when none is left.</summary>
    /// <param name="target">What to monitor.</param>
    /// <param name="observer">Told of events in order; each once.</param>
    /// <returns>Ends the monitoring when disposed; nothing is told once that has returned.</returns>
    public IAsyncDisposable Watch(MonitorTarget target, IMonitorObserver observer)
    {
        var run = new MonitoredRun(cloud, target, observer, time);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
            _runs.Add(run);
            _changed.TrySetResult();
            if (_loop.IsCompleted)
            {
                _loop = Task.Run(() => LoopAsync(_stop.Token));
            }
        }

        return new Watching(this, run);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task loop;
        lock (_lock)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            loop = _loop;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            MonitoredRun[] runs;
            Task changed;
            TimeSpan wait;
            lock (_lock)
            {
                _runs.RemoveAll(r => r.IsOver);
                if (_runs.Count == 0)
                {
                    // The next Watch starts another loop: it takes the same lock.
                    _loop = Task.CompletedTask;
                    return;
                }

                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
                changed = _changed.Task;
                runs = [.. _runs];
                wait = runs.Min(r => r.Target.PollInterval);
            }

            await _round.RunAsync(runs, cancellationToken).ConfigureAwait(false);
            // A run that is added meanwhile does not wait for the others' turn.
            await Task.WhenAny(Task.Delay(wait, time, cancellationToken), changed).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private sealed class Watching(InstanceMonitor monitor, MonitoredRun run) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            lock (monitor._lock)
            {
                monitor._runs.Remove(run);
            }

            await run.EndAsync().ConfigureAwait(false);
        }
    }
}
