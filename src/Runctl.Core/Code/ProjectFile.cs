namespace Runctl.Code;

/// <summary>A file of a project.</summary>
/// <param name="Path">Relative path with forward slashes.</param>
/// <param name="FullPath">Where it lies.</param>
/// <param name="LinkTarget">Where it points, relative to its own directory, for a symbolic link inside the project, else null.</param>
/// <param name="IsExecutable">Whether it may be executed.</param>
internal sealed record ProjectFile(string Path, string FullPath, string? LinkTarget, bool IsExecutable)
{
    /// <summary>The file, or null where there is none that can travel. Nothing but a regular file is ever opened.</summary>
    public static ProjectFile? Find(string project, string path, ProjectLinks links, out string? warning)
    {
        warning = null;
        var full = System.IO.Path.Combine(project, path);
        switch (Entries.KindOf(full))
        {
            case EntryKind.File:
                return new ProjectFile(path, full, null, IsExecutableFile(full));
            case EntryKind.Link:
                var target = new FileInfo(full).LinkTarget!;
                if (links.TargetInside(path, target) is { } inside)
                {
                    return new ProjectFile(path, full, inside, false);
                }

                warning = $"{path} is a link that leads out of the project ({target}); it stays behind. Copy what it leads to into the project, or bring it to the instance by setup_command.";
                return null;
            case EntryKind.Special:
                warning = $"{path} is a FIFO, a socket or a device, not a file; it stays behind.";
                return null;
            case EntryKind.Directory:
                warning = $"{path} is a directory that cannot be read; its files stay behind.";
                return null;
            default:
                // git lists what was deleted and not committed. A name with a replaced character is one that .NET could not decode.
                warning = path.Contains('\uFFFD', StringComparison.Ordinal) ? FileNames.NotUnicode(path) : null;
                return null;
        }
    }

    private static bool IsExecutableFile(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            return (File.GetUnixFileMode(path) & UnixFileMode.UserExecute) != 0;
        }

        // Windows keeps no such mark; what begins like a script is one.
        using var stream = File.OpenRead(path);
        return stream.ReadByte() == '#' && stream.ReadByte() == '!';
    }
}
