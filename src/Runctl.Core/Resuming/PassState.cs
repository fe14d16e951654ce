using Runctl.Runs;

namespace Runctl.Resuming;

/// <summary>How a run stands between its attempts.</summary>
/// <param name="Record">The record it was told from.</param>
/// <param name="Standing">How it stands.</param>
/// <param name="Decisive">The attempt that keeps it from passing on, or null.</param>
/// <param name="Lost">Attempts whose instances are gone without a word of how they ended.</param>
internal sealed record PassState(RunRecord Record, RunStanding Standing, AttemptRecord? Decisive, IReadOnlyList<int> Lost)
{
    /// <summary>Name of the newest checkpoint where only the disk of the decisive attempt's instance has it, which is still there; else null.</summary>
    public string? Unsaved { get; init; }

    /// <summary>Whether a guard has told that it finished, and its record does not say so.</summary>
    public bool IsFinished { get; init; }

    /// <summary>What the newest attempt that was started left behind where nobody can reach it now, or null.</summary>
    public LeftBehind? Left { get; init; }

    /// <summary>That the newest checkpoint is not in S3 yet, for people.</summary>
    public string UnsavedWarning => $"The newest checkpoint of the run, {Unsaved}, is on the disk of {Decisive?.InstanceId} only, and its guard still tries to upload it.";
}
