using System.Runtime.CompilerServices;
using Runctl.Errors;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Logs;

/// <summary>The logs of the attempts of a run that are wanted, one after the other: the newest, or all; while the run is followed, those too that are still to come.</summary>
internal sealed class AttemptLogs(ICloud cloud, RunStore? store, RunctlTraining training, LogOptions options, IProgress<ProgressUpdate> progress, Action<string> warn, TimeProvider time)
{
    private readonly LogPump _pump = new(training.RunId, options, progress, warn, time);
    private readonly RunContinuation _continuation = new(cloud, training.Cell, time);
    private readonly Dictionary<int, long> _read = [];

    private bool IsWhole => options.All && options.Attempt is null;

    private bool FollowsRun => options.Follow && options.Attempt is null;

    /// <summary>The lines; null once for "nothing more is there now".</summary>
    public async IAsyncEnumerable<string?> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var attempt = await BeginAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var record = IsWhole ? await ReadRecordAsync(cancellationToken).ConfigureAwait(false) : null;
            var later = record?.After(attempt.Attempt);
            // A claim without an instance has no log yet: what becomes of it is waited for as in the gap before it.
            if (FollowsRun && attempt is { State: RunStates.Claimed, InstanceId: "", Attempt: > 1 })
            {
                attempt = attempt.With(copy => copy.Attempt--);
            }
            else
            {
                await foreach (var line in ReadAsync(attempt, cancellationToken).ConfigureAwait(false))
                {
                    if (line is not null || later is null)
                    {
                        yield return line;
                    }
                }
            }

            // What begins after a reading that does not follow is none of its business.
            var next = later is not null ? Of(later)
                : FollowsRun ? await _continuation.NextAsync(attempt, options.PollInterval, progress, warn, cancellationToken).ConfigureAwait(false) : null;
            if (next is null)
            {
                yield break;
            }

            attempt = next;
        }
    }

    private async IAsyncEnumerable<string?> ReadAsync(RunctlTraining attempt, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var source = SourceOf(attempt, options.Follow);
        var begin = _read.TryGetValue(attempt.Attempt, out var read) ? read
            : (await source.BeginAsync(_read.Count > 0 ? null : options.Tail, options.Since, cancellationToken).ConfigureAwait(false)).Offset;
        await foreach (var line in _pump.ReadAsync(source, begin, cancellationToken).ConfigureAwait(false))
        {
            yield return line;
        }

        _read[attempt.Attempt] = _pump.Offset;
    }

    /// <summary>The attempt to begin with. Of all attempts it is as far back as the last lines go, and it is noted where in it they begin.</summary>
    private async Task<RunctlTraining> BeginAsync(CancellationToken cancellationToken)
    {
        if (!IsWhole || await ReadRecordAsync(cancellationToken).ConfigureAwait(false) is not { Attempts.Count: > 0 } record)
        {
            return training;
        }

        var attempts = record.Attempts.GroupBy(a => a.Number).OrderBy(g => g.Key).Select(g => Of(g.First())).ToList();
        if (options.Tail is not { } left)
        {
            return attempts[0];
        }

        for (var i = attempts.Count - 1; ; i--)
        {
            var (offset, lines) = await SourceOf(attempts[i], follow: false).BeginAsync(left, options.Since, cancellationToken).ConfigureAwait(false);
            left -= lines;
            if (left <= 0 || i == 0)
            {
                _read[attempts[i].Attempt] = offset;
                return attempts[i];
            }
        }
    }

    /// <summary>Without a bucket the instance has the logs of all its attempts as one.</summary>
    private ILogSource SourceOf(RunctlTraining attempt, bool follow) => store is null
        ? new InstanceLog(new GuardLog(cloud, attempt, IsWhole && _read.Count == 0 ? null : attempt.Attempt, time), attempt)
        : new BucketLog(cloud, store, attempt, follow, time, warn);

    private async Task<RunRecord?> ReadRecordAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return store is null ? null : await store.ReadRecordAsync(training.RunId, cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException e) when (options.Follow && e.IsTransient)
            {
                await new Backoff(options.PollInterval, options.PollInterval, time).WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private RunctlTraining Of(AttemptRecord attempt) => training.With(copy => { copy.Attempt = attempt.Number; copy.InstanceId = attempt.InstanceId ?? ""; copy.State = attempt.State; });
}
