namespace Runctl.Pacing;

/// <summary>Spreads calls over time: so many at once, so many a second, in the order they came. The rate falls when it proves too high, and rises again by itself.</summary>
internal sealed class TokenBucket(double perSecond, int burst, TimeProvider time) : IDisposable
{
    /// <summary>However often a service complains, something is still asked.</summary>
    private const double LeastPerSecond = 0.5;

    /// <summary>The part of the full rate that each good answer gives back.</summary>
    private const double Recovery = 0.02;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly object _gate = new();
    private double _share = 1;
    private double _tokens = burst;
    private long _filled = time.GetTimestamp();

    /// <summary>Calls a second that are allowed now.</summary>
    public double PerSecond
    {
        get
        {
            lock (_gate)
            {
                return Rate;
            }
        }
    }

    private double Rate => perSecond * _share;

    /// <summary>Returns when the next call may be made.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="isUrgent">Whether it may be made at once; those that wait make up for it.</param>
    public async Task TakeAsync(CancellationToken cancellationToken, bool isUrgent = false)
    {
        if (isUrgent)
        {
            TakeAhead();
            return;
        }

        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (TryTake() is { } wait)
            {
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The service said that it was too much: half the rate, and nothing saved up.</summary>
    public void Slow()
    {
        lock (_gate)
        {
            Fill();
            _share = Math.Max(LeastPerSecond / perSecond, _share / 2);
            _tokens = Math.Min(_tokens, 1);
        }
    }

    /// <summary>The service answered: a little quicker again, up to the full rate.</summary>
    public void Quicken()
    {
        lock (_gate)
        {
            Fill();
            _share = Math.Min(1, _share + Recovery);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private void TakeAhead()
    {
        lock (_gate)
        {
            Fill();
            _tokens--;
        }
    }

    /// <summary>Null where there was one, else how long to wait.</summary>
    private TimeSpan? TryTake()
    {
        lock (_gate)
        {
            Fill();
            if (_tokens < 1)
            {
                // Never less than a tick of the clock, or a wait that is rounded down would not end.
                return TimeSpan.FromSeconds(Math.Max(0.001, (1 - _tokens) / Rate));
            }

            _tokens--;
            return null;
        }
    }

    private void Fill()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(_filled, now).TotalSeconds * Rate));
        _filled = now;
    }
}
