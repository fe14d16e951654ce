using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Logs;

/// <summary>
/// The log of one attempt from its segments in S3. What they do not have yet comes from the guard: the last minutes where no reader follows, and where one
/// does, what does not reach S3 for a while, as when the instance's role may not write there. A reader that follows tells the guard so, and again before
/// that is over: S3 then has each line within seconds.
/// </summary>
internal sealed class BucketLog(ICloud cloud, RunStore store, RunctlTraining training, bool follow, TimeProvider time, Action<string> warn) : ILogSource
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestQuiet = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Following = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Renewal = TimeSpan.FromMinutes(4);

    private readonly SegmentLog _segments = new(cloud.Objects, store.Bucket, store.Keys, training.RunId, training.Attempt);
    private readonly GuardLog _guard = new(cloud, training, training.Attempt, time, follow ? Following : null);
    private RunRecord? _record;
    private string? _recordVersion;
    private long _asked = time.GetTimestamp();
    private TimeSpan _patience;
    private long? _told;
    private bool _isFinal;

    // A guard that could not be told is not asked again at once.
    private bool ShouldTell => follow && (_told is { } told ? time.GetElapsedTime(told) >= Renewal : _patience == TimeSpan.Zero);

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
            if (_told is not null || !follow)
            {
                (_asked, _patience) = (time.GetTimestamp(), follow ? Quiet : TimeSpan.Zero);
            }

            // Where the guard is still to be asked, S3 having no more is not all there is.
            return chunk with { IsCaughtUp = chunk.IsCaughtUp && follow && !ShouldTell };
        }

        if (_isFinal)
        {
            return LogChunk.Nothing(offset, ended: true);
        }

        var attempt = await FindAttemptAsync(cancellationToken).ConfigureAwait(false);
        if (attempt is { State: not (RunStates.Claimed or RunStates.Running) })
        {
            return await ReadFinalAsync(offset, cancellationToken).ConfigureAwait(false);
        }

        // Before the claim is taken there is no instance to ask.
        var canAsk = training.InstanceId.Length > 0;
        return canAsk && (attempt is null || ShouldTell || time.GetElapsedTime(_asked) >= _patience)
            ? await AskGuardAsync(offset, cancellationToken).ConfigureAwait(false)
            : LogChunk.Nothing(offset, ended: !follow);
    }

    /// <summary>The guard writes an end down once all segments are in S3: what is listed from now on is all there will be.</summary>
    private Task<LogChunk> ReadFinalAsync(long offset, CancellationToken cancellationToken)
    {
        _isFinal = true;
        // Segments may have been put together since the last one was read.
        _segments.SearchAgain();
        return ReadAsync(offset, cancellationToken);
    }

    /// <summary>The attempt as the record has it. The list that showed no new segment says whether the record has changed.</summary>
    private async Task<AttemptRecord?> FindAttemptAsync(CancellationToken cancellationToken)
    {
        if (_segments.RecordVersion is not { } version || version != _recordVersion)
        {
            _record = await store.ReadRecordAsync(training.RunId, cancellationToken).ConfigureAwait(false);
            _recordVersion = _segments.RecordVersion;
        }

        return _record?.Attempts.FirstOrDefault(a => a.Number == training.Attempt);
    }

    private async Task<LogChunk> AskGuardAsync(long offset, CancellationToken cancellationToken)
    {
        try
        {
            var chunk = await _guard.ReadAsync(offset, cancellationToken).ConfigureAwait(false);
            _asked = time.GetTimestamp();
            _told = _asked;
            _patience = !chunk.Data.IsEmpty || !follow ? TimeSpan.Zero : _patience * 2 is var longer && longer > Quiet ? (longer < LongestQuiet ? longer : LongestQuiet) : Quiet;
            return chunk;
        }
        catch (RunctlException e) when (RunRefresher.MeansGone(e))
        {
            if (!follow || await cloud.FindOneAsync(training.InstanceId, cancellationToken).ConfigureAwait(false) is not { State: Ec2States.ShuttingDown or Ec2States.Stopping })
            {
                return await ReadFinalAsync(offset, cancellationToken).ConfigureAwait(false);
            }

            // Its guard may still be saving, and ships the rest of the log last.
        }
        catch (RunctlException e) when (e.Id == ErrorIds.RunNotFound || (follow && (e.IsTransient || e.Id == ErrorIds.InstanceNotOnline)))
        {
            // S3 is asked again in any case.
        }
        catch (RunctlException e) when (!follow)
        {
            warn($"What run {training.RunId} printed in the last minutes may be missing: {e.Message}");
        }

        (_asked, _patience, _told) = (time.GetTimestamp(), Quiet, null);
        return LogChunk.Nothing(offset, ended: !follow);
    }
}
