namespace Runctl.Checkpoints;

/// <summary>What a download left on this machine.</summary>
/// <param name="Head">Path of the checkpoint's head, the file or directory a script resumes from; null where it was not among the files.</param>
/// <param name="Paths">Paths of all files and links that are in place, in the manifest's order.</param>
/// <param name="Warnings">What the user should know, for example files that were kept as they were.</param>
public sealed record CheckpointDownloaded(string? Head, IReadOnlyList<string> Paths, IReadOnlyList<string> Warnings);
