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
}
