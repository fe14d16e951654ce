using Runctl.Checkpoints;

namespace Runctl.Runs;

/// <summary>A checkpoint as records and states name it.</summary>
internal sealed record CheckpointRecord
{
    public string? Manifest { get; init; }

    public string? Name { get; init; }

    public long? Step { get; init; }

    public long? LastStep { get; init; }

    public string? RunId { get; init; }

    /// <summary>As users see it; null where it is not a committed checkpoint.</summary>
    public CheckpointReference? ToReference(string runId) => Manifest is null || Name is null ? null
        : new CheckpointReference { Name = Name, Manifest = Manifest, Step = Step, LastStep = LastStep, RunId = RunId ?? runId };
}
