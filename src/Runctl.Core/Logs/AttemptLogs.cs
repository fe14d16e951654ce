using System.Runtime.CompilerServices;
using Runctl.Errors;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Logs;

/// <summary>The logs of all attempts of a run, one after the other; while they are followed, of those too that are still to come.</summary>
internal sealed class AttemptLogs(ICloud cloud, RunStore store, RunctlTraining training, LogOptions options, LogPump pump, Action<string> warn, TimeProvider time)
{
    /// <summary>How long a run that is resumed by itself is waited for after an interruption: its next attempt is claimed before anything is launched.</summary>
    private static readonly TimeSpan NextAttempt = TimeSpan.FromMinutes(2);

    /// <summary>The lines; null once for "nothing more is there now".</summary>
    public async IAsyncEnumerable<string?> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (number, begin) = await BeginAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var record = await ReadRecordAsync(cancellationToken).ConfigureAwait(false);
            var attempt = await OfAsync(number, record, cancellationToken).ConfigureAwait(false);
            var isNewest = !(record?.Attempts.Any(a => a.Number > number) ?? false);
            var source = new BucketLog(cloud, store, attempt, options.Follow, time, warn);
            begin ??= (await source.BeginAsync(null, options.Since, cancellationToken).ConfigureAwait(false)).Offset;
            await foreach (var line in pump.ReadAsync(source, begin.Value, cancellationToken).ConfigureAwait(false))
            {
                if (line is not null || isNewest)
                {
                    yield return line;
                }
            }

            if (await NextAsync(number, isNewest, cancellationToken).ConfigureAwait(false) is not { } next)
            {
                yield break;
            }

            (number, begin) = (next, null);
        }
    }

    /// <summary>The attempt to begin with, and where in it: as far back as the last lines go.</summary>
    private async Task<(int Number, long? Offset)> BeginAsync(CancellationToken cancellationToken)
    {
        var record = await ReadRecordAsync(cancellationToken).ConfigureAwait(false);
        var numbers = record?.Attempts.Select(a => a.Number).Distinct().Order().ToList() ?? [training.Attempt];
        if (options.Tail is not { } left || numbers.Count == 0)
        {
            return (numbers.FirstOrDefault(training.Attempt), null);
        }

        for (var i = numbers.Count - 1; ; i--)
        {
            var source = new BucketLog(cloud, store, await OfAsync(numbers[i], record, cancellationToken).ConfigureAwait(false), false, time, warn);
            var (offset, lines) = await source.BeginAsync(left, options.Since, cancellationToken).ConfigureAwait(false);
            left -= lines;
            if (left <= 0 || i == 0)
            {
                return (numbers[i], offset);
            }
        }
    }

    private async Task<int?> NextAsync(int number, bool wasNewest, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        bool? goesOn = null;
        while (true)
        {
            var record = await ReadRecordAsync(cancellationToken).ConfigureAwait(false);
            var next = record?.Attempts.Where(a => a.Number > number).MinBy(a => a.Number)?.Number;
            // What began after a reading that does not follow is none of its business.
            if (next is not null)
            {
                return wasNewest && !options.Follow ? null : next;
            }

            if (!options.Follow || record?.Newest() is not { State: RunStates.Interrupted or RunStates.Running } || time.GetElapsedTime(began) >= NextAttempt)
            {
                return null;
            }

            goesOn ??= (await store.ReadSpecAsync(training.RunId, cancellationToken).ConfigureAwait(false))?.Policy.AutoResume == true;
            if (goesOn == false)
            {
                return null;
            }

            await new Backoff(options.PollInterval, options.PollInterval, time).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<RunRecord?> ReadRecordAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await store.ReadRecordAsync(training.RunId, cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException e) when (options.Follow && e.IsTransient)
            {
                await new Backoff(options.PollInterval, options.PollInterval, time).WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<RunctlTraining> OfAsync(int number, RunRecord? record, CancellationToken cancellationToken)
    {
        // A claim has its instance once somebody has taken it.
        var backoff = new Backoff(options.PollInterval, options.PollInterval, time);
        while (record?.Attempts.FirstOrDefault(a => a.Number == number) is { State: RunStates.Claimed, InstanceId: null } && options.Follow)
        {
            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            record = await ReadRecordAsync(cancellationToken).ConfigureAwait(false);
        }

        var attempt = record?.Attempts.FirstOrDefault(a => a.Number == number);
        return training.With(copy => { copy.Attempt = number; copy.InstanceId = attempt?.InstanceId ?? (attempt is null ? training.InstanceId : ""); });
    }
}
