using Runctl.Events;
using Runctl.Instances;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>What is known of a run whose attempt was cut off: all that decides whether something continues it.</summary>
internal sealed record RunFacts
{
    /// <summary>How long a session with automatic resume needs at most to hear of an interruption and to claim the run.</summary>
    public static readonly TimeSpan ClaimPatience = TimeSpan.FromMinutes(5);

    /// <summary>How long the guard needs to start the training again after its notice is over.</summary>
    public static readonly TimeSpan RestartPatience = TimeSpan.FromMinutes(2);

    /// <summary>How long after its deadline a notice counts as withdrawn.</summary>
    private static readonly TimeSpan Withdrawn = TimeSpan.FromMinutes(5);

    /// <summary>State of the newest attempt that was started: interrupted or lost.</summary>
    public required string State { get; init; }

    /// <summary>When the attempt ended, or was first seen to have ended.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Whether a monitor of this session resumes the run.</summary>
    public bool ResumesHere { get; init; }

    /// <summary>The open claim to the next attempt, or null. One whose instance is gone is none.</summary>
    public AttemptRecord? Claim { get; init; }

    /// <summary>What the orders of the run say, or null where there are none.</summary>
    public RunPolicy? Policy { get; init; }

    /// <summary>How many attempts began after the first.</summary>
    public int Resumes { get; init; }

    /// <summary>The instance of the attempt; null if EC2 does not know it.</summary>
    public RunctlInstance? Instance { get; init; }

    /// <summary>Until when the guard may start the training again on its instance; null if it does not.</summary>
    public DateTimeOffset? RestartsUntil { get; init; }

    /// <summary>Until when a guard may start a training again after a notice that is withdrawn.</summary>
    /// <param name="events">The events of the attempt, in order.</param>
    public static DateTimeOffset? RestartOf(IEnumerable<RunctlEvent> events) =>
        events.LastOrDefault(e => e.Kind is EventKinds.InterruptionDetected or EventKinds.InterruptionWithdrawn) switch
        {
            { Kind: EventKinds.InterruptionWithdrawn } over => over.Time + RestartPatience,
            // A drill is no notice that EC2 could withdraw, and the end of a shutdown is the end of the machine.
            { } detected when detected.TextOf("source") is "imds" or "monitor" => (detected.TimeOf("deadline") ?? detected.Time) + Withdrawn + RestartPatience,
            _ => null,
        };
}
