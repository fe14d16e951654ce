namespace Runctl.Checkpoints;

/// <summary>What a training wrote last, beside the head of its checkpoint, as a manifest has it.</summary>
/// <param name="Path">Path of the file or directory below the checkpoint directory.</param>
/// <param name="Step">The last step reported before it was written, or null.</param>
internal sealed record NewestRecord(string? Path, long? Step);
