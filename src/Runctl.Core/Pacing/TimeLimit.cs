namespace Runctl.Pacing;

/// <summary>A token that is cancelled after a time of any length: a timer alone takes 49 days at most.</summary>
internal sealed class TimeLimit : IDisposable
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(30);

    private readonly CancellationTokenSource _source;
    private readonly ITimer? _timer;

    /// <param name="limit">The time; null for no limit.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the token as well.</param>
    public TimeLimit(TimeSpan? limit, TimeProvider time, CancellationToken cancellationToken)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (limit is { } length)
        {
            var began = time.GetTimestamp();
            _timer = time.CreateTimer(_ => Look(length - time.GetElapsedTime(began)), null, Part(length), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _source.Dispose();
    }

    private static TimeSpan Part(TimeSpan left) => left < LongestTimer ? left : LongestTimer;

    private void Look(TimeSpan left)
    {
        // A timer may be a little early.
        if (left > TimeSpan.FromMilliseconds(20))
        {
            _timer?.Change(Part(left), Timeout.InfiniteTimeSpan);
            return;
        }

        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }
}
