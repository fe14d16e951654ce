namespace Runctl.Pacing;

/// <summary>Spreads calls over time: so many at once, so many a second, in the order they came.</summary>
internal sealed class TokenBucket(double perSecond, int burst, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private double _tokens = burst;
    private long _filled = time.GetTimestamp();

    /// <summary>Returns when the next call may be made.</summary>
    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Fill();
            if (_tokens < 1)
            {
                await Task.Delay(TimeSpan.FromSeconds((1 - _tokens) / perSecond), time, cancellationToken).ConfigureAwait(false);
                Fill();
            }

            _tokens = Math.Max(0, _tokens - 1);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private void Fill()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(_filled, now).TotalSeconds * perSecond));
        _filled = now;
    }
}
