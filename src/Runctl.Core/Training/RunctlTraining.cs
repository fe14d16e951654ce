using Runctl.Checkpoints;
using Runctl.Instances;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>A run of a training, as far as it is known now.</summary>
public sealed record RunctlTraining
{
    /// <summary>The run's id.</summary>
    public required string RunId { get; init; }

    /// <summary>The instance of the newest attempt.</summary>
    public required string InstanceId { get; init; }

    /// <summary>Name of the project.</summary>
    public required string ProjectName { get; init; }

    /// <summary>The script, relative to the project.</summary>
    public required string Script { get; init; }

    /// <summary>claimed, preparing, restoring, setup, running, interrupting, stopping, finished, failed, interrupted, stopped or lost.</summary>
    public required string State { get; init; }

    /// <summary>The newest attempt, from 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>Process id on the instance, or null when it does not run.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Exit code of the training, or null while it runs or where it is not known.</summary>
    public int? ExitCode { get; init; }

    /// <summary>When the attempt started, UTC.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When the attempt ended, UTC.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>First step of this attempt, or null where the script does not tell its steps.</summary>
    public long? FirstStep { get; init; }

    /// <summary>Last step of this attempt, or null where the script does not tell its steps.</summary>
    public long? LastStep { get; init; }

    /// <summary>Steps trained again because of the interruption before this attempt; null where unknown or not resumed.</summary>
    public long? StepsLost { get; init; }

    /// <summary>Interruptions the run survived: attempts that another one followed. Null where the run has no record in S3.</summary>
    public int? Interruptions { get; init; }

    /// <summary>Steps trained again over the whole run, because of all its interruptions; null where unknown.</summary>
    public long? TotalStepsLost { get; init; }

    /// <summary>From the run's first start to its end, or to now; null where unknown.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>What the instances of its attempts cost while they trained, in US dollars, without volumes and traffic; null where unknown, as it is for on-demand instances without [prices] of their types.</summary>
    public decimal? Spent { get; init; }

    /// <summary>How much less that is than on-demand instances would have cost, in US dollars; null where unknown, as it is without [prices] of their types.</summary>
    public decimal? Saved { get; init; }

    /// <summary>The newest committed checkpoint, or null.</summary>
    public CheckpointReference? Checkpoint { get; init; }

    /// <summary>The checkpoint this attempt began from, or null.</summary>
    public CheckpointReference? ResumedFrom { get; init; }

    /// <summary>Measured phases of this attempt (code, restore, setup, start ...).</summary>
    public IReadOnlyList<Phase> Phases { get; init; } = [];

    /// <summary>Bucket of its checkpoints, or null.</summary>
    public string? S3Bucket { get; init; }

    /// <summary>Prefix of its checkpoints, or null.</summary>
    public string? S3Prefix { get; init; }

    /// <summary>Prefix of run records, or null.</summary>
    public string? RunPrefix { get; init; }

    /// <summary>Region of the instance.</summary>
    public required string Region { get; init; }

    /// <summary>The endpoint used, where it is not AWS itself (a sandbox), else null.</summary>
    public Uri? EndpointUrl { get; init; }

    /// <summary>Profile of the credentials used, or null.</summary>
    public string? ProfileName { get; init; }

    /// <summary>What the start or the resume warned of, for example files that stayed behind, in the words of the warning stream; empty on a training that was only looked up.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Name of the monitor job, or null where none was started.</summary>
    public string? MonitorJob { get; init; }

    /// <summary>What its instance was launched from; null where another session started or resumed it.</summary>
    internal LaunchRequest? Launch { get; init; }

    /// <summary>The instances of all its attempts, as far as a search has found them.</summary>
    internal IReadOnlyList<string> InstanceIds { get; init; } = [];

    /// <summary>Whether it has come to an end on its instance.</summary>
    public bool HasEnded => RunStates.IsEnded(State);
}
