namespace Runctl.Core.Tests.Fakes;

/// <summary>
/// A clock on which every wait is over at once and moves the clock on. Time limits (a CancellationTokenSource with a delay) are never reached.
/// The time of day is the system's: what a test dates "in two minutes" stays in the future.
/// </summary>
internal sealed class InstantTimeProvider : TimeProvider
{
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, period);
        var timer = new InstantTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class InstantTimer(InstantTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private volatile bool _isOver;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_isOver)
            {
                return false;
            }

            if (dueTime != Timeout.InfiniteTimeSpan && state is not CancellationTokenSource)
            {
                Interlocked.Add(ref clock._now, dueTime.Ticks);
                ThreadPool.QueueUserWorkItem(_ => Fire());
            }

            return true;
        }

        public void Dispose() => _isOver = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            if (!_isOver)
            {
                callback(state);
            }
        }
    }
}
