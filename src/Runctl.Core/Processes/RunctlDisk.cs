namespace Runctl.Processes;

/// <summary>A file system that trainings or their checkpoints are on.</summary>
/// <param name="path">A path on it.</param>
/// <param name="size">Its size, in bytes.</param>
/// <param name="free">Space that a user may still write, in bytes.</param>
public sealed class RunctlDisk(string path, long size, long free)
{
    /// <summary>A path on it.</summary>
    public string Path { get; } = path;

    /// <summary>Its size, in bytes.</summary>
    public long Size { get; } = size;

    /// <summary>Space that a user may still write, in bytes.</summary>
    public long Free { get; } = free;

    /// <summary>The path.</summary>
    public override string ToString() => Path;
}
