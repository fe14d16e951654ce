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
    private readonly RunRefresher _refresher = new(cloud, time);

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

    /// <summary>Of some events, those that are new.</summary>
    public IReadOnlyList<RunctlEvent> Take(IEnumerable<RunctlEvent> events)
    {
        var fresh = events.Where(e => e.Sequence > Position).OrderBy(e => e.Sequence).ToList();
        if (fresh.Count > 0)
        {
            Position = fresh[^1].Sequence;
        }

        return fresh;
    }

    /// <summary>Asks the guard for what is new; returns when there is no more.</summary>
    /// <param name="tell">Is given each page as soon as it is there, and has to take it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task AskAsync(Func<IReadOnlyList<RunctlEvent>, Task> tell, CancellationToken cancellationToken)
    {
        EventPage page;
        do
        {
            page = await AskPageAsync(cancellationToken).ConfigureAwait(false);
            await tell(page.Events ?? []).ConfigureAwait(false);
        }
        while (page is { More: true, Events.Count: > 0 });

        if (page.More)
        {
            throw RunctlErrors.GuardAnswerInvalid(training.InstanceId, 0, "It has more events and tells none.", null);
        }
    }

    /// <summary>Reads what the guard shipped before its instance went; the caller takes it.</summary>
    /// <param name="newest">The newest attempt on the instance; those from the first on are read.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<RunctlEvent>> ReadShippedAsync(int newest, CancellationToken cancellationToken)
    {
        var events = new List<RunctlEvent>();
        for (var attempt = training.Attempt; attempt <= newest && _refresher.StoreOf(training) is { } store; attempt++)
        {
            events.AddRange(await store.ReadEventsAsync(training.RunId, attempt, Position, cancellationToken).ConfigureAwait(false));
        }

        return events;
    }

    private Task<EventPage> AskPageAsync(CancellationToken cancellationToken) => _guard.CallAsync<EventPage>(training.InstanceId,
        ["events", "--run", training.RunId, "--after", Position.ToString(CultureInfo.InvariantCulture)], null, GuardClient.ShortCall, cancellationToken);

    private sealed record EventPage(IReadOnlyList<RunctlEvent>? Events, bool More);
}
