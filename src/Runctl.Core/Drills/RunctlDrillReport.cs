using Runctl.Checkpoints;
using Runctl.Events;
using Runctl.Training;

namespace Runctl.Drills;

/// <summary>What came of a rehearsed interruption.</summary>
public sealed record RunctlDrillReport
{
    /// <summary>Whether a save that began after the signal was committed before the deadline, every trainer that handles the signal was told, and none was killed before such a save.</summary>
    public bool Passed { get; init; }

    /// <summary>Why it did not pass, or what it amounts to, in a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>The run that was interrupted.</summary>
    public required string RunId { get; init; }

    /// <summary>The instance that was interrupted.</summary>
    public required string InstanceId { get; init; }

    /// <summary>The deadline of the notice, UTC.</summary>
    public DateTimeOffset Deadline { get; init; }

    /// <summary>Seconds that were left when the manifest was committed; null where it was not.</summary>
    public double? SecondsToSpare { get; init; }

    /// <summary>The phases and their seconds, in order.</summary>
    public IReadOnlyList<Phase> Phases { get; init; } = [];

    /// <summary>Last step the training reported before it ended; null where it does not tell its steps.</summary>
    public long? LastStep { get; init; }

    /// <summary>The last step that the committed checkpoint holds for certain; null where unknown. Numbers in names do not count.</summary>
    public long? CertainStep { get; init; }

    /// <summary>Steps from the certain one to the last: those that are lost with the instance; null where unknown.</summary>
    public long? StepsLost { get; init; }

    /// <summary>The committed checkpoint, or null.</summary>
    public CheckpointReference? Checkpoint { get; init; }

    /// <summary>The processes that were told to stop, and the trainers, told or not.</summary>
    public IReadOnlyList<RunctlToldProcess> Processes { get; init; } = [];

    /// <summary>When the committed checkpoint was saved, UTC; null where unknown.</summary>
    public DateTimeOffset? SavedAt { get; init; }

    /// <summary>Whether it was saved after the stop signal; null where unknown.</summary>
    public bool? SavedAfterSignal { get; init; }

    /// <summary>What S3 holds of it; empty where its manifest could not be read.</summary>
    public IReadOnlyList<CheckpointFile> Files { get; init; } = [];

    /// <summary>What belonged to it and is not in S3 with it.</summary>
    public IReadOnlyList<CheckpointMissing> Missing { get; init; } = [];

    /// <summary>S3 URI of the checkpoint's manifest, so that the report can be piped to a start as what to resume from.</summary>
    public string? Manifest => Checkpoint?.Manifest;

    /// <summary>Whether the instance really died (a sandbox takes it; a drill on AWS does not).</summary>
    public bool InstanceTaken { get; init; }

    /// <summary>All events of the interruption.</summary>
    public IReadOnlyList<RunctlEvent> Events { get; init; } = [];

    /// <summary>Region used.</summary>
    public required string Region { get; init; }

    /// <summary>The endpoint used, where it is not AWS itself (a sandbox), else null.</summary>
    public Uri? EndpointUrl { get; init; }
}
