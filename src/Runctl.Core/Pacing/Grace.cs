namespace Runctl.Pacing;

/// <summary>
/// A token for a call that must not be abandoned in the middle, because it may have worked and its answer names what has to be undone:
/// a cancellation only gives it a deadline.
/// </summary>
internal sealed class Grace : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _registration;

    /// <param name="time">The clock of the deadline.</param>
    /// <param name="length">How long the call may still take once it is cancelled.</param>
    /// <param name="cancellationToken">The cancellation.</param>
    public Grace(TimeProvider time, TimeSpan length, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _registration = cancellationToken.Register(() => _source.CancelAfter(length));
    }

    /// <summary>Cancelled when the grace is over.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _registration.Dispose();
        _source.Dispose();
    }
}
