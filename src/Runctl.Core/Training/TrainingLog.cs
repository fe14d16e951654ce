using System.Runtime.CompilerServices;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Pacing;
using Runctl.Ports;

namespace Runctl.Training;

/// <summary>Reads what a training printed, from its instance or, once that is gone, from S3.</summary>
public sealed class TrainingLog(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>The lines in order, none lost or repeated.</summary>
    /// <param name="training">The run.</param>
    /// <param name="tail">Only the last so many lines of what is there now; null for all.</param>
    /// <param name="follow">Whether to go on until the training ends.</param>
    /// <param name="pollInterval">How often to ask while following.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<string> ReadAsync(RunctlTraining training, int? tail, bool follow, TimeSpan pollInterval, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var source = new LogSource(cloud, WithStore(training), time);
        var lines = new LineDecoder();
        var offset = tail is { } count ? await new LogTail(source).FindOffsetAsync(count, cancellationToken).ConfigureAwait(false) : 0;
        while (true)
        {
            LogChunk? chunk = null;
            try
            {
                chunk = await source.ReadAsync(offset, cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException e) when (follow && e.IsTransient)
            {
                // The next poll asks for the same bytes again.
            }

            if (chunk is not null)
            {
                foreach (var line in lines.Append(chunk.Data))
                {
                    yield return line;
                }

                offset = chunk.NextOffset;
                if (chunk.HasMore)
                {
                    continue;
                }

                if (chunk.Ended || !follow)
                {
                    break;
                }
            }

            await new Backoff(pollInterval, pollInterval, time).WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (lines.Rest() is { } rest)
        {
            yield return rest;
        }
    }

    private RunctlTraining WithStore(RunctlTraining training) => training.S3Bucket is not null || configuration.S3Bucket is null
        ? training
        : training with { S3Bucket = configuration.S3Bucket, S3Prefix = configuration.S3Prefix, RunPrefix = configuration.RunPrefix };
}
