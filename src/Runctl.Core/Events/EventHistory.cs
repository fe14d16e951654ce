using System.Runtime.CompilerServices;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Monitoring;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Events;

/// <summary>
/// The events of a run over all its attempts, each once and in order: from S3, where guards and the sessions that resume it write them, and from the guard what
/// S3 does not have yet. Without a bucket they come from the guard alone.
/// </summary>
/// <remarks>
/// Each attempt costs one request that lists its segments and one for each segment (64 KB), and the newest one a question to its guard. While a run is
/// followed there is one request in each <see cref="EventOptions.PollInterval"/>. The guard brings an event to S3 within seconds, except those of routine saves,
/// which go with the log.
/// </remarks>
public sealed class EventHistory(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>Shortest time between two questions to a guard while nothing is new: one takes three requests.</summary>
    private static readonly TimeSpan BetweenQuestions = TimeSpan.FromSeconds(15);

    /// <summary>Ticks of a follower between two looks at the instance of an attempt.</summary>
    private const int TicksToInstance = 12;

    private readonly RunRefresher _refresher = new(cloud, time);

    /// <summary>Reads the events.</summary>
    /// <param name="training">The run; its attempt is only used if the run has no record.</param>
    /// <param name="options">The events that are wanted.</param>
    /// <param name="progress">Is told what a follower waits for between two attempts.</param>
    /// <param name="warn">Takes the warnings that the newest events may be missing, and that nothing continues a run that is followed.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RunctlException">AWS refuses a request, or a segment is damaged.</exception>
    public async IAsyncEnumerable<RunctlEvent> ReadAsync(RunctlTraining training, EventOptions options, IProgress<ProgressUpdate> progress, Action<string> warn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (training.S3Bucket is null && configuration.S3Bucket is not null)
        {
            training = training.With(copy => { copy.S3Bucket = configuration.S3Bucket; copy.S3Prefix = configuration.S3Prefix; copy.RunPrefix = configuration.RunPrefix; });
        }

        var store = _refresher.StoreOf(training);
        var record = store is null ? null : await store.ReadRecordAsync(training.RunId, cancellationToken).ConfigureAwait(false);
        var continuation = new RunContinuation(cloud, training.Cell, time);
        Task<RunctlTraining?> NextAsync(RunctlTraining attempt) => continuation.NextAsync(attempt, options.PollInterval, progress, warn, cancellationToken);
        var events = record is null ? FromGuardAsync(training, options, NextAsync, cancellationToken) : FromBucketAsync(store!, record, training, options, NextAsync, warn, cancellationToken);
        await foreach (var item in events.ConfigureAwait(false))
        {
            if (options.Since is not { } since || item.Time >= since.UtcDateTime)
            {
                yield return item;
            }
        }
    }

    private async IAsyncEnumerable<RunctlEvent> FromBucketAsync(RunStore store, RunRecord record, RunctlTraining training, EventOptions options, Func<RunctlTraining, Task<RunctlTraining?>> nextAsync, Action<string> warn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sessions = new SessionEvents(cloud.Objects, store, training.RunId);
        var number = options.Attempt ?? record.Attempts.Select(a => a.Number).DefaultIfEmpty(training.Attempt).Min();
        var read = new Dictionary<int, AttemptEvents>();
        while (true)
        {
            var attempt = Find(record, number);
            var events = read.TryGetValue(number, out var known) ? known
                : read[number] = new AttemptEvents(cloud, store, Of(training, number, attempt?.InstanceId), sessions, isOnly: options.Attempt is not null, time);
            var past = await events.ReadShippedAsync(cancellationToken).ConfigureAwait(false);
            if (!events.HasEnd && attempt is { InstanceId: not null } && !RunStates.IsToldEnd(attempt.State))
            {
                past = [.. past, .. await AskAsync(events, training.RunId, warn, cancellationToken).ConfigureAwait(false)];
            }

            foreach (var item in SessionEvents.InOrder(past))
            {
                yield return item;
            }

            if (options.Follow)
            {
                await foreach (var item in FollowAsync(events, store, training.RunId, number, options, cancellationToken).ConfigureAwait(false))
                {
                    yield return item;
                }
            }

            var next = options.Attempt is not null ? null : record.After(number)?.Number ?? (options.Follow ? (await nextAsync(Of(training, number, attempt?.InstanceId)).ConfigureAwait(false))?.Attempt : null);
            if (next is null)
            {
                yield break;
            }

            number = next.Value;
            record = Find(record, number) is null ? await TryAsync(() => store.ReadRecordAsync(training.RunId, cancellationToken), otherwise: null).ConfigureAwait(false) ?? record : record;
        }
    }

    /// <summary>Events of an attempt that come to S3, until the attempt is over or the next one has begun.</summary>
    private async IAsyncEnumerable<RunctlEvent> FollowAsync(AttemptEvents events, RunStore store, string runId, int number, EventOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isOver = false;
        AttemptRecord? attempt = null;
        for (var tick = 0; ; tick++)
        {
            // A tick is one request: for the segments, the record or, seldom, the instance.
            if (tick % TicksToInstance == TicksToInstance - 2 && attempt is { InstanceId: { } instance })
            {
                isOver = await TryAsync(() => _refresher.IsGoneAsync(instance, cancellationToken), otherwise: false).ConfigureAwait(false);
            }
            else if (tick % 2 == 0)
            {
                (isOver, attempt) = await TryAsync(() => LookAsync(store, runId, number, cancellationToken), otherwise: (false, attempt)).ConfigureAwait(false);
            }

            if (isOver || tick % 2 == 1)
            {
                foreach (var item in await TryAsync(() => events.ReadShippedAsync(cancellationToken), otherwise: []).ConfigureAwait(false))
                {
                    yield return item;
                }
            }

            if (isOver)
            {
                yield break;
            }

            await Task.Delay(options.PollInterval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether an attempt writes no more events, as the guard notes its end once all of them are in S3; and the attempt.</summary>
    private static async Task<(bool IsOver, AttemptRecord? Attempt)> LookAsync(RunStore store, string runId, int number, CancellationToken cancellationToken)
    {
        var record = await store.ReadRecordAsync(runId, cancellationToken).ConfigureAwait(false);
        var attempt = record is null ? null : Find(record, number);
        return (attempt is null || RunStates.IsEnded(attempt.State) || record!.Attempts.Any(a => a.Number > number && a.State != RunStates.Claimed), attempt);
    }

    /// <summary>Asks the guard for what S3 does not have; it may be unable to answer.</summary>
    private static async Task<IReadOnlyList<RunctlEvent>> AskAsync(AttemptEvents events, string runId, Action<string> warn, CancellationToken cancellationToken)
    {
        try
        {
            return await events.AskAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (RunRefresher.MeansGone(e))
        {
            // All that it could bring to S3 is there by now.
            return await events.ReadShippedAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.Id == ErrorIds.RunNotFound)
        {
            // The guard has not begun the run yet.
            return [];
        }
        catch (RunctlException e)
        {
            warn($"The newest events of run {runId} may be missing: {e.Message}");
            return [];
        }
    }

    /// <summary>Events of a run that has no record: all of them are on its instance.</summary>
    private async IAsyncEnumerable<RunctlEvent> FromGuardAsync(RunctlTraining training, EventOptions options, Func<RunctlTraining, Task<RunctlTraining?>> nextAsync, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var feed = new EventFeed(cloud, training, 0, time);
        var attempt = training.Attempt;
        while (true)
        {
            var isOver = false;
            var found = new List<RunctlEvent>();
            try
            {
                await feed.AskAsync(
                    page =>
                    {
                        found.AddRange(feed.Take(page));
                        return Task.CompletedTask;
                    },
                    cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException e) when (options.Follow && feed.Position > 0 && RunRefresher.MeansGone(e))
            {
                isOver = true;
            }
            catch (RunctlException e) when (options.Follow && e.IsTransient)
            {
                // The guard is asked again.
            }

            foreach (var item in found)
            {
                attempt = Math.Max(attempt, item.Attempt ?? attempt);
                if (options.Attempt is not { } wanted || item.Attempt == wanted)
                {
                    yield return item;
                }
            }

            var end = found.LastOrDefault(e => e.Attempt == attempt && EventKinds.IsEnd(e.Kind));
            if (!options.Follow)
            {
                yield break;
            }

            if (isOver || end is not null)
            {
                // Only an attempt that was cut off has a next one.
                var next = options.Attempt is not null || end is { Kind: not EventKinds.InterruptionHandled } ? null : await nextAsync(Of(training, attempt, training.InstanceId)).ConfigureAwait(false);
                if (next is null)
                {
                    yield break;
                }

                attempt = next.Attempt;
            }

            await Task.Delay(found.Count > 0 || options.PollInterval > BetweenQuestions ? options.PollInterval : BetweenQuestions, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static AttemptRecord? Find(RunRecord record, int number) => record.Attempts.FirstOrDefault(a => a.Number == number);

    private static RunctlTraining Of(RunctlTraining training, int number, string? instanceId) =>
        training.With(copy => { copy.Attempt = number; copy.InstanceId = instanceId ?? ""; });

    /// <summary>A follower outlasts the failures that AWS recovers from.</summary>
    private static async Task<T> TryAsync<T>(Func<Task<T>> call, T otherwise)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.IsTransient)
        {
            return otherwise;
        }
    }
}
