namespace Runctl.Processes;

/// <summary>A file system that trainings or their checkpoints are on.</summary>
/// <param name="Path">A path on it.</param>
/// <param name="Size">Its size, in bytes.</param>
/// <param name="Free">What a user may still write, in bytes.</param>
public sealed record RunctlDisk(string Path, long Size, long Free);
