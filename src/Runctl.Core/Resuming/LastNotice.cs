using Runctl.Events;
using Runctl.Runs;

namespace Runctl.Resuming;

/// <summary>The last interruption notice of an attempt, as its guard wrote it down.</summary>
/// <param name="Seen">When it was seen.</param>
/// <param name="Deadline">When EC2 said it would take the instance.</param>
internal sealed record LastNotice(DateTimeOffset Seen, DateTimeOffset Deadline)
{
    /// <summary>Who is there so long after the deadline was not taken, or is back. The guard waits as long before it starts the training again.</summary>
    private static readonly TimeSpan Withdrawn = TimeSpan.FromMinutes(5);

    /// <summary>What holds a claim for the end of the old instance lets go of it before that, so that the guard can have it.</summary>
    private static readonly TimeSpan Patience = Withdrawn - TimeSpan.FromMinutes(1);

    /// <summary>How long before EC2 says it.</summary>
    private static readonly TimeSpan Warning = TimeSpan.FromMinutes(2);

    /// <summary>An instance that is there so long after its notice was given stays.</summary>
    public static TimeSpan Longest => Warning + Withdrawn;

    /// <summary>Finds it.</summary>
    /// <param name="store">The run's records.</param>
    /// <param name="runId">The run.</param>
    /// <param name="attempt">The attempt, or null where none was ever started.</param>
    /// <param name="heard">When a monitor heard of one, which may be before it is in S3; null where none did.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The notice, or null where none stands.</returns>
    public static async Task<LastNotice?> FindAsync(RunStore store, string runId, int? attempt, DateTimeOffset? heard, CancellationToken cancellationToken)
    {
        var events = attempt is { } number ? await store.ReadEventsAsync(runId, number, 0, cancellationToken).ConfigureAwait(false) : [];
        var last = events.LastOrDefault(e => e.Kind is EventKinds.InterruptionDetected or EventKinds.InterruptionStale or EventKinds.InterruptionWithdrawn);
        var detected = last is { Kind: EventKinds.InterruptionDetected } ? last : null;
        if ((detected?.Time ?? (last is null ? heard : null)) is not { } seen)
        {
            return null;
        }

        // The deadline is by EC2's clock; the guard's own may be slow.
        var deadline = detected?.TimeOf("deadline") ?? seen + Warning;
        return new LastNotice(seen > deadline - Warning ? seen : deadline - Warning, deadline);
    }

    /// <summary>Whether it is over, and the instance there all the same.</summary>
    public bool IsOver(DateTimeOffset now) => now - Deadline > Withdrawn;

    /// <summary>Whether the end of the instance is still worth to be waited for under a claim.</summary>
    public bool IsWorthWaiting(DateTimeOffset now) => now - Deadline < Patience;
}
