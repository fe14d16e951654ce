using Runctl.Errors;
using Runctl.Training;

namespace Runctl.Logs;

/// <summary>The log of a run without a bucket: it goes with its instance, and the error says so.</summary>
internal sealed class InstanceLog(GuardLog guard, RunctlTraining training) : ILogSource
{
    /// <inheritdoc/>
    public Task<(long Offset, int Lines)> BeginAsync(int? tail, DateTimeOffset? since, CancellationToken cancellationToken) =>
        OrUnavailableAsync(() => guard.BeginAsync(tail, since, cancellationToken));

    /// <inheritdoc/>
    public Task<LogChunk> ReadAsync(long offset, CancellationToken cancellationToken) => OrUnavailableAsync(() => guard.ReadAsync(offset, cancellationToken));

    private async Task<T> OrUnavailableAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (RunctlException e) when (RunRefresher.MeansGone(e))
        {
            throw RunctlErrors.LogUnavailable(training.RunId, training.InstanceId);
        }
    }
}
