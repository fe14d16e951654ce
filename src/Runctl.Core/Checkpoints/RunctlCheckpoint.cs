namespace Runctl.Checkpoints;

/// <summary>A committed checkpoint in S3: one whose manifest is there.</summary>
public sealed record RunctlCheckpoint
{
    /// <summary>File or directory name, for example <c>epoch_10.pt</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The run that saved it.</summary>
    public required string RunId { get; init; }

    /// <summary>The attempt that saved it, from 1.</summary>
    public int Attempt { get; init; }

    /// <summary>The instance that saved it.</summary>
    public required string InstanceId { get; init; }

    /// <summary>Step it was saved at, or null where unknown.</summary>
    public long? Step { get; init; }

    /// <summary>Last step the training had reported when it was committed, or null where unknown.</summary>
    public long? LastStep { get; init; }

    /// <summary>periodic, interruption or manual.</summary>
    public required string Reason { get; init; }

    /// <summary>When the training saved it, UTC.</summary>
    public DateTimeOffset SavedAt { get; init; }

    /// <summary>Size of all its files in bytes.</summary>
    public long Size { get; init; }

    /// <summary>full, structure or settled: how far it was validated before it was committed.</summary>
    public string? Validation { get; init; }

    /// <summary>zip, safetensors, json, directory or unknown.</summary>
    public string? Format { get; init; }

    /// <summary>Bucket it is in.</summary>
    public required string S3Bucket { get; init; }

    /// <summary>S3 URI of the checkpoint (for a directory, of its prefix).</summary>
    public required string S3Uri { get; init; }

    /// <summary>S3 URI of the manifest.</summary>
    public required string Manifest { get; init; }

    /// <summary>Its files.</summary>
    public IReadOnlyList<CheckpointFile> Files { get; init; } = [];

    /// <summary>Region used.</summary>
    public required string Region { get; init; }

    /// <summary>The endpoint used, where it is not AWS itself (a sandbox), else null.</summary>
    public Uri? EndpointUrl { get; init; }

    /// <summary>Profile of the credentials used, or null.</summary>
    public string? ProfileName { get; init; }
}
