using Runctl.Checkpoints;
using Runctl.Instances;
using Runctl.Objects;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>A run of a training, as far as it is known now.</summary>
public sealed class RunctlTraining
{
    internal RunctlTraining()
    {
    }

    /// <summary>The run's id.</summary>
    public string RunId { get; internal set; } = "";

    /// <summary>The instance of the newest attempt.</summary>
    public string InstanceId { get; internal set; } = "";

    /// <summary>Id of the instance that the run is on now, as far as this session knows; unlike <see cref="InstanceId"/> it follows a resume. Null if there is none.</summary>
    public string? Instance => Cell is { Instance: { Length: > 0 } now } ? now : InstanceId.Length == 0 ? null : InstanceId;

    /// <summary>When this was read, UTC.</summary>
    public DateTime AsOf { get; internal set; } = TimeProvider.System.GetUtcNow().UtcDateTime;

    /// <summary>Name of the project.</summary>
    public string ProjectName { get; internal set; } = "";

    /// <summary>The script, relative to the project.</summary>
    public string Script { get; internal set; } = "";

    /// <summary>claimed, preparing, restoring, setup, running, interrupting, stopping, finished, failed, interrupted, stopped or lost.</summary>
    public string State { get; internal set; } = "";

    /// <summary>Why the run has not ended although its attempt is interrupted, lost or only claimed, as far as this session knows now: "this session resumes it", or the attempt that continues it. Null otherwise.</summary>
    public string? StateReason => Cell?.ReasonToContinue(Attempt, State);

    /// <summary>The newest attempt, from 1.</summary>
    public int Attempt { get; internal set; } = 1;

    /// <summary>Process id on the instance, or null when it does not run.</summary>
    public int? ProcessId { get; internal set; }

    /// <summary>Exit code of the training, or null while it runs or where it is not known.</summary>
    public int? ExitCode { get; internal set; }

    /// <summary>When the attempt started, UTC.</summary>
    public DateTime? Started { get; internal set; }

    /// <summary>When the attempt ended, UTC.</summary>
    public DateTime? Ended { get; internal set; }

    /// <summary>First step of this attempt, or null where the script does not tell its steps.</summary>
    public long? FirstStep { get; internal set; }

    /// <summary>Last step of this attempt, or null where the script does not tell its steps.</summary>
    public long? LastStep { get; internal set; }

    /// <summary>Steps trained again because of the interruption before this attempt; null where unknown or not resumed.</summary>
    public long? StepsLost { get; internal set; }

    /// <summary>Interruptions of the run: attempts that an interruption or the loss of the instance ended, the newest one included. Null if the run has no record in S3.</summary>
    public int? Interruptions { get; internal set; }

    /// <summary>How often Runctl resumes the run automatically, at most; null if that is unknown: a list does not read the orders of a run.</summary>
    public int? MaxResumes { get; internal set; }

    /// <summary>Steps trained again over the whole run, because of all its interruptions; null where unknown, as it is from an interruption until the next attempt trains.</summary>
    public long? TotalStepsLost { get; internal set; }

    /// <summary>From the run's first start to its end, or to now; null where unknown.</summary>
    public TimeSpan? Duration { get; internal set; }

    /// <summary>Price of the time in which its attempts trained, in <see cref="Currency"/>, without volumes and traffic; null where unknown, as it is for on-demand instances without [prices] of their types.</summary>
    public decimal? Cost { get; internal set; }

    /// <summary>How much less that is than on-demand instances would have cost, in <see cref="Currency"/>; null where unknown, as it is without [prices] of their types.</summary>
    public decimal? Savings { get; internal set; }

    /// <summary>Currency of <see cref="Cost"/> and <see cref="Savings"/>.</summary>
    public string Currency { get; } = Money.Currency;

    /// <summary>The newest committed checkpoint, or null.</summary>
    public CheckpointReference? Checkpoint { get; internal set; }

    /// <summary>The checkpoint this attempt began from, or null.</summary>
    public CheckpointReference? ResumedFrom { get; internal set; }

    /// <summary>Measured phases of this attempt (code, restore, setup, start ...).</summary>
    public IReadOnlyList<Phase> Phases { get; internal set => field = Readable.List(value); } = Readable.List<Phase>();

    /// <summary>Bucket of its checkpoints, or null.</summary>
    public string? S3Bucket { get; internal set; }

    /// <summary>Prefix of its checkpoints, or null.</summary>
    public string? S3Prefix { get; internal set; }

    /// <summary>Prefix of run records, or null.</summary>
    public string? RunPrefix { get; internal set; }

    /// <summary>Region of the instance.</summary>
    public string Region { get; internal set; } = "";

    /// <summary>The endpoint used, where it is not AWS itself (a sandbox), else null.</summary>
    public Uri? EndpointUrl { get; internal set; }

    /// <summary>Profile of the credentials used, or null.</summary>
    public string? ProfileName { get; internal set; }

    /// <summary>What the start or the resume warned of, for example files that stayed behind, in the words of the warning stream; empty on a training that was only looked up.</summary>
    public IReadOnlyList<string> Warnings { get; internal set => field = Readable.List(value); } = Readable.List<string>();

    /// <summary>Name of the monitor job, or null where none was started.</summary>
    public string? MonitorJob { get; internal set; }

    /// <summary>What its instance was launched from; null where another session started or resumed it.</summary>
    internal LaunchRequest? Launch { get; set; }

    /// <summary>The instances of all its attempts, as far as a search has found them.</summary>
    internal IReadOnlyList<string> InstanceIds { get; set; } = [];

    /// <summary>What this session knows of the run now, or null.</summary>
    internal RunCell? Cell { get; set; }

    /// <summary>Whether the attempt has ended on its instance.</summary>
    internal bool AttemptHasEnded => RunStates.IsEnded(State);

    /// <summary>Whether the run is over: it has ended, and this session knows nothing that continues it.</summary>
    public bool HasEnded => AttemptHasEnded && StateReason is null;

    /// <summary>A copy that is changed.</summary>
    internal RunctlTraining With(Action<RunctlTraining> change)
    {
        var copy = (RunctlTraining)MemberwiseClone();
        change(copy);
        return copy;
    }

    /// <summary>The run's id.</summary>
    public override string ToString() => RunId;
}
