namespace Runctl.Checkpoints;

/// <summary>Something that belonged to a checkpoint and is not in S3 with it.</summary>
/// <param name="path">Path below the checkpoint directory, with forward slashes.</param>
/// <param name="reason">Why not, for people.</param>
public sealed class CheckpointMissing(string path, string reason)
{
    /// <summary>Path below the checkpoint directory, with forward slashes.</summary>
    public string Path { get; } = path;

    /// <summary>Why not, for people.</summary>
    public string Reason { get; } = reason;

    /// <summary>The path.</summary>
    public override string ToString() => Path;
}
