namespace Runctl.Core.Tests.Pacing;

/// <summary>A clock on which every wait is over at once, and moves it on.</summary>
internal sealed class HastyTime : TimeProvider
{
    private long _now;

    /// <summary>Whether the limits of what is awaited are never reached.</summary>
    public bool LimitsHold { get; init; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (LimitsHold && state is CancellationTokenSource)
        {
            return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        Interlocked.Add(ref _now, dueTime.Ticks);
        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
