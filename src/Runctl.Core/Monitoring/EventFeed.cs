using System.Globalization;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Guarding;
using Runctl.Ports;
using Runctl.Training;

namespace Runctl.Monitoring;

/// <summary>The events of a run after a position: each once, in order, from the guard or, once the instance is gone, from S3.</summary>
internal sealed class EventFeed(ICloud cloud, RunctlTraining training, long after, TimeProvider time)
{
    private readonly GuardClient _guard = new(cloud, time);
    private readonly TrainingReader _reader = new(cloud, time);

    /// <summary>The last event that was handed on.</summary>
    public long Position { get; private set; } = after;

    /// <summary>Of some events, those that follow the position without a gap; null where one is missing before them.</summary>
    public IReadOnlyList<RunctlEvent>? TryTake(IEnumerable<RunctlEvent> events)
    {
        var fresh = events.Where(e => e.RunId == training.RunId && e.Sequence > Position).OrderBy(e => e.Sequence).DistinctBy(e => e.Sequence).ToList();
        if (fresh.Count > 0 && fresh[0].Sequence != Position + 1)
        {
            return null;
        }

        return Take(fresh);
    }

    /// <summary>Asks the guard for what is new.</summary>
    public async Task<IReadOnlyList<RunctlEvent>> AskAsync(CancellationToken cancellationToken)
    {
        var all = new List<RunctlEvent>();
        while (true)
        {
            EventPage page;
            try
            {
                page = await AskPageAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException) when (all.Count > 0)
            {
                // What was taken is not asked for again; the rest is, next time.
                return all;
            }

            all.AddRange(Take(page.Events ?? []));
            if (!page.More || page.Events is not { Count: > 0 })
            {
                return all;
            }
        }
    }

    /// <summary>Reads what the guard shipped before its instance went.</summary>
    public async Task<IReadOnlyList<RunctlEvent>> ReadShippedAsync(CancellationToken cancellationToken) => _reader.StoreOf(training) is { } store
        ? Take(await store.ReadEventsAsync(training.RunId, training.Attempt, Position, cancellationToken).ConfigureAwait(false))
        : [];

    /// <summary>From the guard, or from S3 where the instance is gone.</summary>
    /// <returns>The new events, and whether the instance is gone.</returns>
    public async Task<(IReadOnlyList<RunctlEvent> Events, bool IsGone)> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await AskAsync(cancellationToken).ConfigureAwait(false), false);
        }
        catch (RunctlException e) when (TrainingReader.MeansGone(e))
        {
            return (await ReadShippedAsync(cancellationToken).ConfigureAwait(false), true);
        }
    }

    private Task<EventPage> AskPageAsync(CancellationToken cancellationToken) => _guard.CallAsync<EventPage>(training.InstanceId,
        ["events", "--run", training.RunId, "--after", Position.ToString(CultureInfo.InvariantCulture)], null, GuardClient.ShortCall, cancellationToken);

    private List<RunctlEvent> Take(IEnumerable<RunctlEvent> events)
    {
        var fresh = events.Where(e => e.Sequence > Position).OrderBy(e => e.Sequence).ToList();
        if (fresh.Count > 0)
        {
            Position = fresh[^1].Sequence;
        }

        return fresh;
    }

    private sealed record EventPage(IReadOnlyList<RunctlEvent>? Events, bool More);
}
