namespace Runctl.Checkpoints;

/// <summary>A committed checkpoint in S3: one whose manifest is there.</summary>
public sealed record RunctlCheckpoint
{
    /// <summary>Its head, the file or directory a script resumes from: the path below the checkpoint directory, for example <c>epoch_10.pt</c>.</summary>
    public required string Name { get; init; }

    /// <summary>file or directory: what its head is.</summary>
    public string Kind { get; init; } = "file";

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

    /// <summary>Whether it was saved after the stop signal; null where that is not known.</summary>
    public bool? SavedAfterSignal { get; init; }

    /// <summary>Size in bytes of the files of the classes save and current.</summary>
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

    /// <summary>Path of its head on the instance that saved it, or null where unknown.</summary>
    public string? Path { get; init; }

    /// <summary>The checkpoint directory on that instance, or null where unknown (version 0.1 did not note it).</summary>
    public string? Directory { get; init; }

    /// <summary>Whether all that travels with the save is in S3. Where it is false the save itself is whole, and <see cref="Missing"/> says what is not there.</summary>
    public bool Complete { get; init; } = true;

    /// <summary>What belonged to it and is not in S3 with it.</summary>
    public IReadOnlyList<CheckpointMissing> Missing { get; init; } = [];

    /// <summary>Its files and links, those of other checkpoints that lay beside it (class older) included.</summary>
    public IReadOnlyList<CheckpointFile> Files { get; init; } = [];

    /// <summary>Region used.</summary>
    public required string Region { get; init; }

    /// <summary>The endpoint used, where it is not AWS itself (a sandbox), else null.</summary>
    public Uri? EndpointUrl { get; init; }

    /// <summary>Profile of the credentials used, or null.</summary>
    public string? ProfileName { get; init; }
}
