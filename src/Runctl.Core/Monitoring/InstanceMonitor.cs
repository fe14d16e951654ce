using System.Collections.Concurrent;
using Runctl.Guarding;
using Runctl.Ports;
using Runctl.Telling;

namespace Runctl.Monitoring;

/// <summary>Polls the guards of all monitored instances of a connection together and hands on what they tell. One per connection and session.</summary>
public sealed class InstanceMonitor(ICloud cloud, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How many guards are started again at once.</summary>
    private const int MostRepairs = 8;

    /// <summary>Runs that are added one after the other are asked for together.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(50);

    /// <summary>A defect must not be met again and again without a pause.</summary>
    private static readonly TimeSpan DefectPause = TimeSpan.FromSeconds(1);

    private readonly object _lock = new();
    private readonly WatchList _list = new(time);
    private readonly PendingTasks _work = new();
    private readonly SemaphoreSlim _repairs = new(MostRepairs, MostRepairs);
    private readonly CancellationTokenSource _stop = new();
    private readonly GuardGroupClient _group = new(cloud, time);
    private readonly MarketCheck _market = new(cloud);
    private bool _isLooping;
    private bool _isDisposed;

    /// <summary>Begins to monitor a run; the poller starts with the first and rests while there is none.</summary>
    /// <param name="target">What to monitor.</param>
    /// <param name="observer">Told of events in order; each once.</param>
    /// <returns>Ends the monitoring when disposed; nothing is told once that has returned.</returns>
    public IAsyncDisposable Watch(MonitorTarget target, IMonitorObserver observer)
    {
        // Asked for no instance, SSM would refuse to ask all others with it.
        ArgumentException.ThrowIfNullOrEmpty(target.Training.InstanceId, nameof(target));
        var run = new MonitoredRun(cloud, target, new IsolatedObserver(observer), time);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _list.Add(run, id => new InstanceWatch(cloud, id, new GuardRepair(cloud, id, _repairs, _work, time), _work, time));
            if (!_isLooping)
            {
                _isLooping = true;
                // It works for every command that watches, not for the first one.
                using var log = CommandLog.Use(null);
                _ = _work.Track(Task.Run(() => LoopAsync(_stop.Token)));
            }
        }

        return new Watching(_list, run);
    }

    /// <summary>Ends all monitoring; the observers of runs that have not ended are told so.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_list.AllRuns.Select(r => r.StopAsync())).ConfigureAwait(false);
        await _work.WhenIdleAsync().ConfigureAwait(false);
        _stop.Dispose();
        _repairs.Dispose();
    }

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var turn = _list.Next();
                if (turn.Asked.Count > 0)
                {
                    _ = _work.Track(_market.TellAsync([.. turn.Asked.SelectMany(_list.RunsOf)], cancellationToken));
                    _ = _work.Track(AskAsync(turn.Asked, turn.Now, cancellationToken));
                }

                await turn.Changed.WaitAsync(turn.Wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await Task.Delay(turn.Changed.IsCompleted ? Gathering : TimeSpan.Zero, time, cancellationToken).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Whatever it is: trainings go on being watched.
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                await Task.WhenAll(_list.AllRuns.Select(r => r.OnDefectAsync(e))).ConfigureAwait(false);
                await Task.Delay(DefectPause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task AskAsync(IReadOnlyList<InstanceWatch> asked, long now, CancellationToken cancellationToken)
    {
        var open = new ConcurrentDictionary<string, InstanceWatch>(asked.Select(i => KeyValuePair.Create(i.InstanceId, i)), StringComparer.Ordinal);
        var taken = new ConcurrentBag<Task>();
        void Take(GuardAnswer answer)
        {
            if (open.TryRemove(answer.InstanceId, out var instance))
            {
                taken.Add(TakeAsync(instance, answer, now, cancellationToken));
            }
        }

        try
        {
            await _group.AskAsync([.. open.Keys], InstanceWatch.StatusCommand, Take, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Who has no answer is told why, and asked again.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            await Task.WhenAll(open.Values.SelectMany(_list.RunsOf).Select(r => r.OnDefectAsync(e))).ConfigureAwait(false);
        }
        finally
        {
            foreach (var instance in open.Values)
            {
                _list.Release(instance, now);
            }

            await Task.WhenAll(taken).ConfigureAwait(false);
        }
    }

    private async Task TakeAsync(InstanceWatch instance, GuardAnswer answer, long asked, CancellationToken cancellationToken)
    {
        try
        {
            await instance.TakeAsync(answer, _list.RunsOf(instance), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _list.Release(instance, asked);
        }
    }

    private sealed class Watching(WatchList list, MonitoredRun run) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await run.EndAsync().ConfigureAwait(false);
            list.Change();
        }
    }
}
