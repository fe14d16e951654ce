using System.Globalization;
using System.Runtime.CompilerServices;
using Runctl.Errors;
using Runctl.Progress;

namespace Runctl.Logs;

/// <summary>Makes lines of what one source has, in order, and says how far behind it is.</summary>
internal sealed class LogPump(string runId, LogOptions options, IProgress<ProgressUpdate> progress, Action<string> warn, TimeProvider time)
{
    /// <summary>How far the newest reading has come.</summary>
    public long Offset { get; private set; }

    /// <summary>The lines from an offset on; null once for "nothing more is there now".</summary>
    public async IAsyncEnumerable<string?> ReadAsync(ILogSource source, long offset, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var lines = new LineDecoder();
        var (isFirst, told) = (true, false);
        Offset = offset;
        while (true)
        {
            var chunk = await TryReadAsync(source, offset, cancellationToken).ConfigureAwait(false);
            if (chunk is { Data.IsEmpty: false })
            {
                if (chunk.Offset > offset && !isFirst && lines.Rest() is var cut)
                {
                    warn(string.Create(CultureInfo.InvariantCulture, $"{chunk.Offset - offset:N0} bytes of the log of {runId} are missing: they were deleted before they could be read."));
                    if (cut is not null)
                    {
                        yield return cut;
                    }
                }

                foreach (var line in lines.Append(chunk.Data))
                {
                    yield return line;
                }

                (Offset, isFirst) = (chunk.NextOffset, false);
                offset = Offset;
                Report(chunk);
            }

            if (chunk is { IsCaughtUp: false, Ended: false })
            {
                continue;
            }

            if (chunk is not null && !told)
            {
                told = true;
                progress.Report(new ProgressUpdate("", "", IsOver: true));
                yield return null;
            }

            if (chunk is { Ended: true } || (chunk is not null && !options.Follow))
            {
                break;
            }

            // Where something came, more is likely to come soon.
            var pause = chunk is { Data.IsEmpty: false } ? options.PollInterval / 2 : options.PollInterval;
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }

        if (lines.Rest() is { } rest)
        {
            yield return rest;
        }
    }

    /// <summary>A piece, or null where it has to be asked for again.</summary>
    private async Task<LogChunk?> TryReadAsync(ILogSource source, long offset, CancellationToken cancellationToken)
    {
        try
        {
            return await source.ReadAsync(offset, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (options.Follow && e.IsTransient)
        {
            progress.Report(new ProgressUpdate($"Following {runId}", e.Message));
            return null;
        }
    }

    private void Report(LogChunk chunk)
    {
        if (!chunk.IsCaughtUp && chunk.Size > chunk.NextOffset)
        {
            var behind = ((chunk.Size - chunk.NextOffset) / 1048576.0).ToString("0.0", CultureInfo.InvariantCulture);
            progress.Report(new ProgressUpdate($"Reading the log of {runId}", $"{behind} MiB behind", (int)(100 * chunk.NextOffset / chunk.Size)));
        }
        else
        {
            progress.Report(new ProgressUpdate("", "", IsOver: true));
        }
    }
}
