namespace Runctl.Pacing;

/// <summary>Waiting that begins short and grows: the one policy for polling what takes its time.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, TimeProvider time, double factor = 1.5)
{
    private TimeSpan _next = first;

    /// <summary>Waits, longer each time.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var wait = _next;
        _next = TimeSpan.FromTicks(Math.Min(longest.Ticks, (long)(_next.Ticks * factor)));
        await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
    }
}
