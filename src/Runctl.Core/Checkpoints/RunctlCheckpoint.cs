using Runctl.Objects;

namespace Runctl.Checkpoints;

/// <summary>A committed checkpoint in S3: one whose manifest is there.</summary>
public sealed class RunctlCheckpoint
{
    internal RunctlCheckpoint()
    {
    }

    /// <summary>Its head, the file or directory a script resumes from: the path below the checkpoint directory, for example <c>epoch_10.pt</c>.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>file or directory: what its head is.</summary>
    public string Kind { get; internal set; } = "file";

    /// <summary>The run that saved it.</summary>
    public string RunId { get; internal set; } = "";

    /// <summary>The attempt that saved it, from 1.</summary>
    public int Attempt { get; internal set; }

    /// <summary>The instance that saved it.</summary>
    public string InstanceId { get; internal set; } = "";

    /// <summary>
    /// Last step the training had reported before it began to write the checkpoint, or null where unknown. Unless <see cref="StepIsExact"/>, the checkpoint may be of
    /// a later step; views show <c>&gt;=428</c> then.
    /// </summary>
    public long? Step { get; internal set; }

    /// <summary>Whether the checkpoint is of exactly that step: the training had reported no later one when it was committed. Null where unknown.</summary>
    public bool? StepIsExact => CheckpointStep.IsExact(Step, LastStep);

    /// <summary>Last step the training had reported when it was committed, or null where unknown.</summary>
    public long? LastStep { get; internal set; }

    /// <summary>What the training wrote last, if that is a model of another kind than the head, as <c>final.pt</c> after its epochs; null otherwise. A script resumes from the head all the same.</summary>
    public string? Newest { get; internal set; }

    /// <summary>Last step the training had reported before it wrote <see cref="Newest"/>, or null where unknown.</summary>
    public long? NewestStep { get; internal set; }

    /// <summary>periodic, interruption or manual.</summary>
    public string Reason { get; internal set; } = "";

    /// <summary>When the training saved it, UTC.</summary>
    public DateTime SavedAt { get; internal set; }

    /// <summary>Whether it was saved after the stop signal; null where that is not known.</summary>
    public bool? SavedAfterSignal { get; internal set; }

    /// <summary>Size in bytes of the files of the classes save and current.</summary>
    public long Size { get; internal set; }

    /// <summary>full, structure or settled: how far it was validated before it was committed.</summary>
    public string? Validation { get; internal set; }

    /// <summary>zip, safetensors, json, directory or unknown.</summary>
    public string? Format { get; internal set; }

    /// <summary>Bucket it is in.</summary>
    public string S3Bucket { get; internal set; } = "";

    /// <summary>S3 URI of the checkpoint (for a directory, of its prefix).</summary>
    public string S3Uri { get; internal set; } = "";

    /// <summary>S3 URI of the manifest.</summary>
    public string Manifest { get; internal set; } = "";

    /// <summary>Path of its head on the instance that saved it, or null where unknown.</summary>
    public string? Path { get; internal set; }

    /// <summary>The checkpoint directory on that instance, or null where unknown (version 0.1 did not note it).</summary>
    public string? Directory { get; internal set; }

    /// <summary>Whether all that travels with the save is in S3. Where it is false the save itself is whole, and <see cref="Missing"/> says what is not there.</summary>
    public bool Complete { get; internal set; } = true;

    /// <summary>What belonged to it and is not in S3 with it.</summary>
    public IReadOnlyList<CheckpointMissing> Missing { get; internal set => field = Readable.List(value); } = Readable.List<CheckpointMissing>();

    /// <summary>Its files and links, those of other checkpoints that lay beside it (class older) included.</summary>
    public IReadOnlyList<CheckpointFile> Files { get; internal set => field = Readable.List(value); } = Readable.List<CheckpointFile>();

    /// <summary>Region used.</summary>
    public string Region { get; internal set; } = "";

    /// <summary>The endpoint used, where it is not AWS itself (a sandbox), else null.</summary>
    public Uri? EndpointUrl { get; internal set; }

    /// <summary>Profile of the credentials used, or null.</summary>
    public string? ProfileName { get; internal set; }

    /// <summary>A copy that is changed.</summary>
    internal RunctlCheckpoint With(Action<RunctlCheckpoint> change)
    {
        var copy = (RunctlCheckpoint)MemberwiseClone();
        change(copy);
        return copy;
    }

    /// <summary>The checkpoint's name.</summary>
    public override string ToString() => Name;
}
