using System.Runtime.CompilerServices;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Logs;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Reads what a training printed: from its segments in S3, or from its instance where it has no bucket.</summary>
public sealed class TrainingLog(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>The lines in order, none lost or repeated.</summary>
    /// <param name="training">The run.</param>
    /// <param name="options">What of the log is wanted.</param>
    /// <param name="progress">Is told how far behind the reading is.</param>
    /// <param name="warn">Is told of what is missing.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<string> ReadAsync(RunctlTraining training, LogOptions options, IProgress<ProgressUpdate> progress, Action<string> warn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        training = WithStore(training);
        var pump = new LogPump(training.RunId, options, progress, warn, time);
        var store = new RunRefresher(cloud, time).StoreOf(training);
        var lines = store is null ? FromGuardAsync(training, options, pump, cancellationToken)
            : options.All ? new AttemptLogs(cloud, store, training, options, pump, warn, time).ReadAsync(cancellationToken)
            : FromBucketAsync(store, training, options, pump, warn, cancellationToken);
        // What is there already is trimmed; what comes later is shown as it comes.
        var backlog = options.Tail is null ? null : new Queue<string>();
        await foreach (var line in lines.ConfigureAwait(false))
        {
            if (line is not null && backlog is null)
            {
                yield return line;
            }
            else if (line is not null)
            {
                backlog!.Enqueue(line);
                if (backlog.Count > options.Tail)
                {
                    backlog.Dequeue();
                }
            }
            else if (options.Follow)
            {
                while (backlog?.TryDequeue(out var kept) == true)
                {
                    yield return kept;
                }

                backlog = null;
            }
        }

        while (backlog?.TryDequeue(out var kept) == true)
        {
            yield return kept;
        }
    }

    private async IAsyncEnumerable<string?> FromGuardAsync(RunctlTraining training, LogOptions options, LogPump pump, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var source = new InstanceLog(new GuardLog(cloud, training, options.All ? null : training.Attempt, time), training);
        var (offset, _) = await source.BeginAsync(options.Tail, options.Since, cancellationToken).ConfigureAwait(false);
        await foreach (var line in pump.ReadAsync(source, offset, cancellationToken).ConfigureAwait(false))
        {
            yield return line;
        }
    }

    private async IAsyncEnumerable<string?> FromBucketAsync(RunStore store, RunctlTraining training, LogOptions options, LogPump pump, Action<string> warn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var source = new BucketLog(cloud, store, training, options.Follow, time, warn);
        var (offset, _) = await source.BeginAsync(options.Tail, options.Since, cancellationToken).ConfigureAwait(false);
        await foreach (var line in pump.ReadAsync(source, offset, cancellationToken).ConfigureAwait(false))
        {
            yield return line;
        }
    }

    private RunctlTraining WithStore(RunctlTraining training) => training.S3Bucket is not null || configuration.S3Bucket is null
        ? training
        : training.With(copy => { copy.S3Bucket = configuration.S3Bucket; copy.S3Prefix = configuration.S3Prefix; copy.RunPrefix = configuration.RunPrefix; });

    /// <summary>The log of a run without a bucket: it goes with its instance, and that is said.</summary>
    private sealed class InstanceLog(GuardLog guard, RunctlTraining training) : ILogSource
    {
        public Task<(long Offset, int Lines)> BeginAsync(int? tail, DateTimeOffset? since, CancellationToken cancellationToken) =>
            OrUnavailableAsync(() => guard.BeginAsync(tail, since, cancellationToken));

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
}
