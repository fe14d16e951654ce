using System.Diagnostics;

namespace Runctl.Core.Tests.Fakes;

/// <summary>
/// A clock that stands still except while a test waits on it, and stops as soon as the test's condition holds: what runs in the background does not run ahead
/// of the test. It moves in small steps with a pause after each, so that all who were woken get to set their next timer. Time limits (a CancellationTokenSource
/// with a delay) are never reached.
/// </summary>
internal class SteppedTimeProvider : TimeProvider
{
    /// <summary>How long, in real time, a condition may stay false: a bound for hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>How far the clock moves at once.</summary>
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(50);

    /// <summary>How long it pauses then, in real time.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<SteppedTimer, long> _timers = new();
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, period);
        var timer = new SteppedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets time pass until something is so.</summary>
    public async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Patience, "The condition did not come to hold.");
            Step();
            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>Lets time pass until a task has ended.</summary>
    public async Task<T> UntilAsync<T>(Task<T> task, CancellationToken cancellationToken)
    {
        await UntilAsync(() => task.IsCompleted, cancellationToken);
        return await task;
    }

    /// <summary>Lets so much time pass.</summary>
    public Task PassAsync(TimeSpan span, CancellationToken cancellationToken)
    {
        var end = Interlocked.Read(ref _now) + span.Ticks;
        return UntilAsync(() => Interlocked.Read(ref _now) >= end, cancellationToken);
    }

    /// <summary>Moves to the next timer, or towards it; without any the clock stands still.</summary>
    private void Step()
    {
        SteppedTimer? next = null;
        lock (_lock)
        {
            while (next is null && _timers.TryPeek(out var timer, out var due))
            {
                if (timer.IsSetFor(due) && due > _now + LongestStep.Ticks)
                {
                    Interlocked.Add(ref _now, LongestStep.Ticks);
                    return;
                }

                _timers.Dequeue();
                if (timer.Take(due))
                {
                    next = timer;
                    Interlocked.Exchange(ref _now, Math.Max(_now, due));
                }
            }
        }

        next?.Fire();
    }

    private sealed class SteppedTimer(SteppedTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private long? _due;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                _due = null;
                if (dueTime != Timeout.InfiniteTimeSpan && state is not CancellationTokenSource)
                {
                    var due = clock._now + dueTime.Ticks;
                    _due = due;
                    clock._timers.Enqueue(this, due);
                }
            }

            return true;
        }

        /// <summary>Whether it is still set for that time. Under the clock's lock.</summary>
        public bool IsSetFor(long due) => _due == due;

        /// <summary>The same; afterwards it is not set any more.</summary>
        public bool Take(long due)
        {
            var isSet = IsSetFor(due);
            _due = isSet ? null : _due;
            return isSet;
        }

        public void Fire() => ThreadPool.QueueUserWorkItem(
            _ =>
            {
                if (_context is null)
                {
                    callback(state);
                }
                else
                {
                    ExecutionContext.Run(_context, value => callback(value), state);
                }
            });

        public void Dispose()
        {
            lock (clock._lock)
            {
                _due = null;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
