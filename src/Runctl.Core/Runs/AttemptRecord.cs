using System.Text.Json.Serialization;
using Runctl.Training;

namespace Runctl.Runs;

/// <summary>One attempt in run.json.</summary>
internal sealed record AttemptRecord
{
    public int Number { get; init; }

    public string? Nonce { get; init; }

    public int Node { get; init; }

    public int Nodes { get; init; } = 1;

    public required string State { get; init; }

    public DateTimeOffset? Claimed { get; init; }

    public string? ClaimedBy { get; init; }

    public string? InstanceId { get; init; }

    public string? InstanceType { get; init; }

    public string? AvailabilityZone { get; init; }

    public bool? IsSpot { get; init; }

    public DateTimeOffset? Started { get; init; }

    public DateTimeOffset? Ended { get; init; }

    public int? ExitCode { get; init; }

    public long? FirstStep { get; init; }

    public long? LastStep { get; init; }

    public CheckpointRecord? ResumedFrom { get; init; }

    public CheckpointRecord? Checkpoint { get; init; }

    public IReadOnlyList<Phase>? Phases { get; init; }

    /// <summary>Name of the newest checkpoint where it is on the instance's disk only, else null.</summary>
    public string? Unsaved { get; init; }

    /// <summary>Whether it came to an end, or never began and will not any more.</summary>
    [JsonIgnore]
    public bool HasEnded => RunStates.IsEnded(State);
}
