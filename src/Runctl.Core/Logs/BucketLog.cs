using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Logs;

/// <summary>
/// The log of one attempt from its segments in S3. What they do not have yet comes from the guard: the last seconds where nobody follows, and where somebody
/// does, what does not reach S3 for a while, as when the instance's role may not write there.
/// </summary>
internal sealed class BucketLog(ICloud cloud, RunStore store, RunctlTraining training, bool follow, TimeProvider time, Action<string> warn) : ILogSource
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestQuiet = TimeSpan.FromSeconds(60);

    private readonly SegmentLog _segments = new(cloud.Objects, store.Bucket, store.Keys.Log(training.RunId, training.Attempt));
    private readonly GuardLog _guard = new(cloud, training, training.Attempt, time);
    private long _asked = time.GetTimestamp();
    private TimeSpan _patience = follow ? Quiet : TimeSpan.Zero;
    private bool _isFinal;

    /// <inheritdoc/>
    public async Task<(long Offset, int Lines)> BeginAsync(int? tail, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        var (offset, lines) = tail is { } count ? await _segments.FindTailAsync(count, cancellationToken).ConfigureAwait(false) : default;
        return (Math.Max(offset, since is { } moment ? await _segments.FindSinceAsync(moment, cancellationToken).ConfigureAwait(false) : 0), lines);
    }

    /// <inheritdoc/>
    public async Task<LogChunk> ReadAsync(long offset, CancellationToken cancellationToken)
    {
        if (await _segments.ReadAsync(offset, cancellationToken).ConfigureAwait(false) is { } chunk)
        {
            (_asked, _patience) = (time.GetTimestamp(), follow ? Quiet : TimeSpan.Zero);
            return chunk;
        }

        if (_isFinal)
        {
            return LogChunk.Nothing(offset, ended: true);
        }

        var record = await store.ReadRecordAsync(training.RunId, cancellationToken).ConfigureAwait(false);
        var attempt = record?.Attempts.FirstOrDefault(a => a.Number == training.Attempt);
        if (attempt is { State: not ("claimed" or "running") })
        {
            // The guard writes an end down once all segments are in S3: what is listed from now on is all there will be.
            _isFinal = true;
            return await ReadAsync(offset, cancellationToken).ConfigureAwait(false);
        }

        // Nobody has taken the claim yet: there is no instance to ask.
        var canAsk = training.InstanceId.Length > 0;
        return canAsk && (attempt is null || time.GetElapsedTime(_asked) >= _patience)
            ? await AskGuardAsync(offset, cancellationToken).ConfigureAwait(false)
            : LogChunk.Nothing(offset, ended: !follow);
    }

    private async Task<LogChunk> AskGuardAsync(long offset, CancellationToken cancellationToken)
    {
        try
        {
            var chunk = await _guard.ReadAsync(offset, cancellationToken).ConfigureAwait(false);
            _asked = time.GetTimestamp();
            _patience = !chunk.Data.IsEmpty || !follow ? TimeSpan.Zero : _patience * 2 is var longer && longer > Quiet ? (longer < LongestQuiet ? longer : LongestQuiet) : Quiet;
            return chunk;
        }
        catch (RunctlException e) when (TrainingReader.MeansGone(e))
        {
            if (!follow || await cloud.FindOneAsync(training.InstanceId, cancellationToken).ConfigureAwait(false) is not { State: "shutting-down" or "stopping" })
            {
                _isFinal = true;
                return await ReadAsync(offset, cancellationToken).ConfigureAwait(false);
            }

            // Its guard may still be saving, and ships the rest of the log last.
        }
        catch (RunctlException e) when (e.Id == "RunNotFound" || (follow && (e.IsTransient || e.Id == "InstanceNotOnline")))
        {
            // S3 is asked again in any case.
        }
        catch (RunctlException e) when (!follow)
        {
            warn($"What run {training.RunId} printed in the last seconds may be missing: {e.Message}");
        }

        (_asked, _patience) = (time.GetTimestamp(), Quiet);
        return LogChunk.Nothing(offset, ended: !follow);
    }
}
