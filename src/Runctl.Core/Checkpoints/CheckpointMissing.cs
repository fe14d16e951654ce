namespace Runctl.Checkpoints;

/// <summary>Something that belonged to a checkpoint and is not in S3 with it.</summary>
/// <param name="Path">Path below the checkpoint directory, with forward slashes.</param>
/// <param name="Reason">Why not, for people.</param>
public sealed record CheckpointMissing(string Path, string Reason);
