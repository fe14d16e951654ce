using Runctl.Errors;

namespace Runctl.Pacing;

/// <summary>Undoes what a failed or stopped command leaves, under a limit of its own: it depends neither on the patience of the user nor can it hang.</summary>
internal static class Cleanup
{
    /// <summary>The limit for what costs money while it is left.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>Does it once.</summary>
    /// <param name="act">Undoes.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="time">The clock.</param>
    /// <returns>Why it did not work, or null.</returns>
    public static Task<RunctlException?> TryAsync(Func<CancellationToken, Task> act, TimeSpan limit, TimeProvider time) => RunAsync(act, _ => false, limit, time);

    /// <summary>Does it until it works, or the limit is over, or another try cannot help. An instance that was just launched may not be listed yet.</summary>
    /// <param name="act">Undoes. It may be called several times.</param>
    /// <param name="limit">How long all tries may take.</param>
    /// <param name="time">The clock.</param>
    /// <returns>Why it did not work, or null.</returns>
    public static Task<RunctlException?> InsistAsync(Func<CancellationToken, Task> act, TimeSpan limit, TimeProvider time) =>
        RunAsync(act, e => e.MayPass || e.Id == ErrorIds.InstanceNotFound, limit, time);

    private static async Task<RunctlException?> RunAsync(Func<CancellationToken, Task> act, Func<RunctlException, bool> isWorthAnotherTry, TimeSpan limit, TimeProvider time)
    {
        using var own = new CancellationTokenSource(limit, time);
        var backoff = new Backoff(FirstPause, LongestPause, time);
        var began = time.GetTimestamp();
        RunctlException? last = null;
        try
        {
            while (true)
            {
                try
                {
                    await act(own.Token).ConfigureAwait(false);
                    return null;
                }
                catch (RunctlException e)
                {
                    last = e;
                    if (!isWorthAnotherTry(e) || time.GetElapsedTime(began) > limit)
                    {
                        return e;
                    }
                }

                await backoff.WaitAsync(own.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (own.IsCancellationRequested)
        {
            return last ?? RunctlErrors.TimedOut("The removal", limit, null);
        }
#pragma warning disable CA1031 // The failure that led here is the one to throw; this one is told with it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return last ?? RunctlErrors.CleanupFailed(e);
        }
    }
}
