using System.Collections.Concurrent;
using Runctl.Guarding;
using Runctl.Ports;

namespace Runctl.Monitoring;

/// <summary>Polls the guards of all monitored instances of a connection together and hands on what they tell. One per connection and session.</summary>
public sealed class InstanceMonitor(ICloud cloud, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How many guards are started again at once.</summary>
    private const int MostRepairs = 8;

    /// <summary>Runs that are added one after the other are asked for together.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(50);

    private readonly object _lock = new();
    private readonly Dictionary<string, InstanceWatch> _instances = new(StringComparer.Ordinal);
    private readonly HashSet<Task> _work = [];
    private readonly SemaphoreSlim _repairs = new(MostRepairs, MostRepairs);
    private readonly CancellationTokenSource _stop = new();
    private readonly GuardGroupClient _group = new(cloud, time);
    private readonly MarketCheck _market = new(cloud);
    private Task _loop = Task.CompletedTask;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Begins to monitor a run; the poller starts with the first and rests when none is left.</summary>
    /// <param name="target">What to monitor.</param>
    /// <param name="observer">Told of events in order; each once.</param>
    /// <returns>Ends the monitoring when disposed; nothing is told once that has returned.</returns>
    public IAsyncDisposable Watch(MonitorTarget target, IMonitorObserver observer)
    {
        var run = new MonitoredRun(cloud, target, observer, time);
        var id = target.Training.InstanceId;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
            if (!_instances.TryGetValue(id, out var instance))
            {
                _instances[id] = instance = new InstanceWatch(cloud, id, _repairs, time);
            }

            instance.Runs.Add(run);
            instance.Due = time.GetTimestamp();
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
        lock (_lock)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        Task[] work;
        lock (_lock)
        {
            work = [_loop, .. _work, .. _instances.Values.Select(i => i.WhenIdleAsync())];
        }

        await Task.WhenAll(work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _repairs.Dispose();
    }

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            TimeSpan wait;
            lock (_lock)
            {
                Forget();
                if (_instances.Count == 0)
                {
                    // The next Watch starts another loop: it takes the same lock.
                    _loop = Task.CompletedTask;
                    return;
                }

                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
                changed = _changed.Task;
                Begin(cancellationToken);
                wait = _instances.Values.Where(i => !i.IsBusy).Select(i => Until(i.Due)).DefaultIfEmpty(Timeout.InfiniteTimeSpan).Min();
            }

            await Task.WhenAny(Task.Delay(wait, time, cancellationToken), changed).ConfigureAwait(false);
            await Task.Delay(changed.IsCompleted ? Gathering : TimeSpan.Zero, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks who is due, and who will be before long: together they cost no more. Who is busy holds up nobody.</summary>
    private void Begin(CancellationToken cancellationToken)
    {
        var free = _instances.Values.Where(i => !i.IsBusy).ToList();
        if (!free.Exists(i => Until(i.Due) == TimeSpan.Zero))
        {
            return;
        }

        var now = time.GetTimestamp();
        var asked = free.Where(i => Until(i.Due) <= i.Interval / 2).ToDictionary(i => i.InstanceId, StringComparer.Ordinal);
        foreach (var instance in asked.Values)
        {
            instance.IsBusy = true;
            instance.Due = now;
        }

        Track(_market.TellAsync([.. asked.Values.SelectMany(i => i.Runs)], cancellationToken));
        Track(AskAsync(asked, now, cancellationToken));
    }

    private async Task AskAsync(Dictionary<string, InstanceWatch> asked, long now, CancellationToken cancellationToken)
    {
        var taken = new ConcurrentDictionary<string, Task>(StringComparer.Ordinal);
        try
        {
            await _group.AskAsync(asked.Keys, InstanceWatch.StatusCommand, answer => taken[answer.InstanceId] = TakeAsync(asked[answer.InstanceId], answer, now, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (var instance in asked.Values.Where(i => !taken.ContainsKey(i.InstanceId)))
            {
                Release(instance, now);
            }

            await Task.WhenAll(taken.Values).ConfigureAwait(false);
        }
    }

    private async Task TakeAsync(InstanceWatch instance, GuardAnswer answer, long asked, CancellationToken cancellationToken)
    {
        MonitoredRun[] runs;
        lock (_lock)
        {
            runs = [.. instance.Runs];
        }

        try
        {
            await instance.TakeAsync(answer, runs, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Release(instance, asked);
        }
    }

    /// <summary>The instance can be asked again: by when it was asked, not by when it answered, and at once where a run was added meanwhile.</summary>
    private void Release(InstanceWatch instance, long asked)
    {
        lock (_lock)
        {
            instance.Due += instance.Due == asked ? (long)(instance.Interval.TotalSeconds * time.TimestampFrequency) : 0;
            instance.IsBusy = false;
            _changed.TrySetResult();
        }
    }

    private void Forget()
    {
        foreach (var instance in _instances.Values)
        {
            instance.Runs.RemoveAll(r => r.IsOver);
        }

        foreach (var instance in _instances.Values.Where(i => i.Runs.Count == 0 && !i.IsBusy).ToList())
        {
            _instances.Remove(instance.InstanceId);
            Track(instance.WhenIdleAsync());
        }
    }

    private TimeSpan Until(long due) => TimeSpan.FromTicks(Math.Max(0, time.GetElapsedTime(time.GetTimestamp(), due).Ticks));

    private void Track(Task task)
    {
        lock (_lock)
        {
            _work.RemoveWhere(t => t.IsCompleted);
            _work.Add(task);
        }
    }

    private sealed class Watching(InstanceMonitor monitor, MonitoredRun run) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await run.EndAsync().ConfigureAwait(false);
            lock (monitor._lock)
            {
                monitor._changed.TrySetResult();
            }
        }
    }
}
