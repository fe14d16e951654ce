using Runctl.Errors;
using Runctl.Ports;
using Runctl.Telling;

namespace Runctl.Pacing;

/// <summary>
/// Makes the calls of everybody who shares a connection: paced together, slower after throttling, and tried again where that can help,
/// within one budget of repetitions. A call waits for its turn; it never fails for want of one.
/// </summary>
/// <param name="pace">The pace of all calls; disposed of with this.</param>
/// <param name="time">The clock.</param>
internal sealed class SharedCalls(TokenBucket pace, TimeProvider time) : IDisposable
{
    /// <summary>Repetitions that may be owed at once; every good answer pays back a fifth of one.</summary>
    public const int Budget = 50;

    /// <summary>The part of the budget that is kept for urgent calls.</summary>
    public const int Reserve = 10;

    private const int Attempts = 7;

    /// <summary>An endpoint that refuses to be spoken to does so on purpose, or is not there.</summary>
    private const int RefusedAttempts = 2;

    private const double PaidBack = 0.2;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    private readonly object _gate = new();
    private double _left = Budget;

    /// <summary>Makes a call, again where it failed for a passing reason.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="isUrgent">Whether it goes before its turn, and may use what is kept of the budget.</param>
    /// <param name="name">Service and operation, for the log of the command.</param>
    /// <exception cref="RunctlException">It failed for another reason, too often, or the budget is used up.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken, bool isUrgent = false, (string Service, string Operation)? name = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            await pace.TakeAsync(cancellationToken, isUrgent).ConfigureAwait(false);
            try
            {
                var answer = await call().ConfigureAwait(false);
                PayBack();
                return answer;
            }
            catch (RunctlException e) when (e.IsTransient && MayRepeat(e, attempt, isUrgent))
            {
                var longest = Math.Min(LongestPause.TotalSeconds, FirstPause.TotalSeconds * Math.Pow(2, attempt - 1));
                // Anywhere up to the longest, so that those who failed together do not come back together.
                var wait = TimeSpan.FromSeconds(longest * Random.Shared.NextDouble());
                CommandLog.Current?.Waits(new ServiceRetry(name?.Service ?? "AWS", name?.Operation ?? "call", e.ServiceErrorCode ?? e.Id, wait, attempt + 1));
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => pace.Dispose();

    private void PayBack()
    {
        pace.Quicken();
        lock (_gate)
        {
            _left = Math.Min(Budget, _left + PaidBack);
        }
    }

    private bool MayRepeat(RunctlException error, int attempt, bool isUrgent)
    {
        if (Throttling.Is(error.ServiceErrorCode))
        {
            pace.Slow();
        }

        lock (_gate)
        {
            if (attempt >= (error.WasRefused ? RefusedAttempts : Attempts) || _left < (isUrgent ? 1 : Reserve + 1))
            {
                return false;
            }

            _left--;
            return true;
        }
    }
}
