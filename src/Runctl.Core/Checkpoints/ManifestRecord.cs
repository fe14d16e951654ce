namespace Runctl.Checkpoints;

/// <summary>A checkpoint's manifest as it lies in S3; docs/protocol.md has its form.</summary>
internal sealed record ManifestRecord
{
    public const string Suffix = ".manifest.json";

    public int Schema { get; init; } = 1;

    public required string RunId { get; init; }

    public int Attempt { get; init; }

    public int Node { get; init; }

    public int Nodes { get; init; } = 1;

    public string? InstanceId { get; init; }

    public required string Name { get; init; }

    public string Kind { get; init; } = "file";

    public string? Path { get; init; }

    public long? Step { get; init; }

    public long? LastStep { get; init; }

    public string Reason { get; init; } = "periodic";

    public DateTimeOffset SavedAt { get; init; }

    public bool? SavedAfterSignal { get; init; }

    public string? Parent { get; init; }

    public DateTimeOffset? Created { get; init; }

    public IReadOnlyList<CheckpointFile> Files { get; init; } = [];

    public long Bytes { get; init; }

    public ManifestValidation? Validation { get; init; }
}
