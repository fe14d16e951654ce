using Microsoft.Win32.SafeHandles;

namespace Runctl.Checkpoints;

/// <summary>A file that is being downloaded, opened for its first part and closed after its last.</summary>
internal sealed class DownloadTarget(CheckpointFile file, string path, int parts)
{
    private readonly object _gate = new();
    private SafeFileHandle? _handle;
    private int _left = parts;

    /// <summary>The file.</summary>
    public CheckpointFile File { get; } = file;

    /// <summary>Where it is written.</summary>
    public string Path { get; } = path;

    /// <summary>In how many parts it comes.</summary>
    public int Parts { get; } = parts;

    /// <summary>Its handle.</summary>
    public SafeFileHandle Open()
    {
        lock (_gate)
        {
            return _handle ??= System.IO.File.OpenHandle(Path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.Asynchronous, File.Size);
        }
    }

    /// <summary>Counts a part that is done; whether it was the last.</summary>
    public bool IsLast() => Interlocked.Decrement(ref _left) == 0;

    /// <summary>Closes the file.</summary>
    public void Close() => _handle?.Dispose();
}
