namespace Runctl.Sandbox.Faults;

/// <summary>One direction of an instance's link: all its connections share the bytes there are a second.</summary>
internal sealed class Link(Func<long?> bytesPerSecond, TimeProvider clock)
{
    private const int LargestPiece = 64 * 1024;

    private readonly object _gate = new();
    private DateTimeOffset _free;

    /// <summary>How many bytes to move at once, so that a slow link moves a little often and not much seldom.</summary>
    public int Piece => bytesPerSecond() is { } speed ? (int)Math.Clamp(speed / 10, 1, LargestPiece) : LargestPiece;

    /// <summary>Waits until these bytes have passed, after all that were there before them.</summary>
    public Task PassAsync(int count, CancellationToken ct)
    {
        if (bytesPerSecond() is not { } speed)
        {
            return Task.CompletedTask;
        }

        TimeSpan wait;
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            _free = (_free > now ? _free : now) + TimeSpan.FromSeconds((double)count / speed);
            wait = _free - now;
        }

        return Task.Delay(wait, clock, ct);
    }
}
