using Runctl.Checkpoints;
using Runctl.Events;
using Runctl.Objects;
using Runctl.Training;

namespace Runctl.Drills;

/// <summary>What came of a rehearsed interruption.</summary>
public sealed class RunctlDrillReport
{
    internal RunctlDrillReport()
    {
    }

    /// <summary>Whether a save that began after the signal was committed before the deadline, every trainer that handles the signal was told, and none was killed before such a save.</summary>
    public bool Passed { get; internal set; }

    /// <summary>Why it did not pass, or what it amounts to, in a sentence.</summary>
    public string Reason { get; internal set; } = "";

    /// <summary>The run that was interrupted.</summary>
    public string RunId { get; internal set; } = "";

    /// <summary>The instance that was interrupted.</summary>
    public string InstanceId { get; internal set; } = "";

    /// <summary>The deadline of the notice, UTC.</summary>
    public DateTime Deadline { get; internal set; }

    /// <summary>Seconds that were left when the manifest was committed; null where it was not.</summary>
    public double? SecondsToSpare { get; internal set; }

    /// <summary>The phases and their seconds, in order.</summary>
    public IReadOnlyList<Phase> Phases { get; internal set => field = Readable.List(value); } = Readable.List<Phase>();

    /// <summary>Last step the training reported before it ended; null where it does not tell its steps.</summary>
    public long? LastStep { get; internal set; }

    /// <summary>The last step that the committed checkpoint holds for certain; null where unknown. Numbers in names do not count.</summary>
    public long? CertainStep { get; internal set; }

    /// <summary>Steps from the certain one to the last: those that are lost with the instance; null where unknown.</summary>
    public long? StepsLost { get; internal set; }

    /// <summary>The committed checkpoint, or null.</summary>
    public CheckpointReference? Checkpoint { get; internal set; }

    /// <summary>The processes that were told to stop, and the trainers, told or not.</summary>
    public IReadOnlyList<RunctlToldProcess> Processes { get; internal set => field = Readable.List(value); } = Readable.List<RunctlToldProcess>();

    /// <summary>When the committed checkpoint was saved, UTC; null where unknown.</summary>
    public DateTime? SavedAt { get; internal set; }

    /// <summary>Whether it was saved after the stop signal; null where unknown.</summary>
    public bool? SavedAfterSignal { get; internal set; }

    /// <summary>What S3 holds of it; empty where its manifest could not be read.</summary>
    public IReadOnlyList<CheckpointFile> Files { get; internal set => field = Readable.List(value); } = Readable.List<CheckpointFile>();

    /// <summary>What belonged to it and is not in S3 with it.</summary>
    public IReadOnlyList<CheckpointMissing> Missing { get; internal set => field = Readable.List(value); } = Readable.List<CheckpointMissing>();

    /// <summary>S3 URI of the checkpoint's manifest, so that the report can be piped to a start as what to resume from.</summary>
    public string? Manifest => Checkpoint?.Manifest;

    /// <summary>Whether the instance really died (a sandbox takes it; a drill on AWS does not).</summary>
    public bool InstanceTaken { get; internal set; }

    /// <summary>All events of the interruption.</summary>
    public IReadOnlyList<RunctlEvent> Events { get; internal set => field = Readable.List(value); } = Readable.List<RunctlEvent>();

    /// <summary>Region used.</summary>
    public string Region { get; internal set; } = "";

    /// <summary>The endpoint used, where it is not AWS itself (a sandbox), else null.</summary>
    public Uri? EndpointUrl { get; internal set; }

    /// <summary>What came of it.</summary>
    public override string ToString() => Reason;
}
