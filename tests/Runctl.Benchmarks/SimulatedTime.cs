namespace Runctl.Benchmarks;

/// <summary>A clock that moves on to the next timer when nothing else happens: hours pass in seconds.</summary>
internal sealed class SimulatedTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<Waiting, long> _timers = new();
    private long _now;
    private int _changes;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Waiting(callback, state);
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            lock (_lock)
            {
                _changes++;
                _timers.Enqueue(timer, GetTimestamp() + dueTime.Ticks);
            }
        }

        return timer;
    }

    /// <summary>Passes time.</summary>
    public async Task PassAsync(TimeSpan span)
    {
        var end = GetTimestamp() + span.Ticks;
        while (await NextAsync(end) is { } due)
        {
            due.Fire();
        }
    }

    /// <summary>The next timer, once those who were woken have set theirs; null where there is none before the end.</summary>
    private async Task<Waiting?> NextAsync(long end)
    {
        for (var (seen, idle) = (-1, 0); ;)
        {
            await Task.Delay(1);
            lock (_lock)
            {
                idle = seen == _changes && !IsBusy() ? idle + 1 : 0;
                seen = _changes;

                // Somebody always waits in what is simulated: without any timer it has not begun yet.
                if (idle < 2 || (_timers.Count == 0 && idle < 1000))
                {
                    continue;
                }

                while (_timers.TryPeek(out var timer, out var at) && at <= end)
                {
                    _timers.Dequeue();
                    Interlocked.Exchange(ref _now, Math.Max(_now, at));
                    if (!timer.IsOver)
                    {
                        _changes++;
                        return timer;
                    }
                }

                Interlocked.Exchange(ref _now, end);
                return null;
            }
        }
    }

    /// <summary>Whether a thread of the pool is at work besides the one that asks.</summary>
    private static bool IsBusy()
    {
        ThreadPool.GetMaxThreads(out var most, out _);
        ThreadPool.GetAvailableThreads(out var free, out _);
        return ThreadPool.PendingWorkItemCount > 0 || most - free > 1;
    }

    private sealed class Waiting(TimerCallback callback, object? state) : ITimer
    {
        public bool IsOver { get; private set; }

        public void Fire()
        {
            IsOver = true;
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose() => IsOver = true;

        public ValueTask DisposeAsync()
        {
            IsOver = true;
            return ValueTask.CompletedTask;
        }
    }
}
