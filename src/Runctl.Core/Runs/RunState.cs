using System.Text.Json;
using Runctl.Training;

namespace Runctl.Runs;

/// <summary>A run as its guard sees it.</summary>
internal sealed record RunState
{
    public required string RunId { get; init; }

    public string? ProjectName { get; init; }

    public string? Script { get; init; }

    public int Attempt { get; init; } = 1;

    public required string State { get; init; }

    /// <summary>Whether nothing of it will run on this instance any more.</summary>
    public bool HasEnded => RunStates.IsToldEnd(State);

    public string? InstanceId { get; init; }

    public int? Pid { get; init; }

    public DateTimeOffset? Started { get; init; }

    public DateTimeOffset? Ended { get; init; }

    public int? ExitCode { get; init; }

    public long? FirstStep { get; init; }

    public long? LastStep { get; init; }

    public long LastSeq { get; init; }

    public long LogSize { get; init; }

    public CheckpointRecord? Checkpoint { get; init; }

    public CheckpointRecord? ResumedFrom { get; init; }

    public IReadOnlyList<Phase>? Phases { get; init; }

    public JsonElement? Error { get; init; }
}
