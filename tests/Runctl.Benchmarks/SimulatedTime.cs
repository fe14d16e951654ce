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
        for (var seen = -1; ;)
        {
            await Task.Delay(2);
            lock (_lock)
            {
                if (seen != _changes || ThreadPool.PendingWorkItemCount > 0)
                {
                    seen = _changes;
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
