namespace Runctl.Code;

/// <summary>A file of a project.</summary>
/// <param name="Path">Relative path with forward slashes.</param>
/// <param name="FullPath">Where it lies.</param>
/// <param name="LinkTarget">Where it points, for a symbolic link inside the project, else null.</param>
/// <param name="IsExecutable">Whether it may be executed.</param>
internal sealed record ProjectFile(string Path, string FullPath, string? LinkTarget, bool IsExecutable)
{
    /// <summary>The file, or null where there is none that can travel.</summary>
    public static ProjectFile? Find(string project, string path, out string? warning)
    {
        warning = null;
        var full = System.IO.Path.Combine(project, path);
        var info = new FileInfo(full);
        if (info.LinkTarget is { } target)
        {
            if (Inside(project, full, target))
            {
                return new ProjectFile(path, full, target.Replace('\\', '/'), false);
            }

            warning = $"{path} is a link that leads out of the project ({target}); it stays behind.";
            return null;
        }

        if (!info.Exists)
        {
            // git lists what was deleted but not committed, and submodules as one entry.
            warning = Directory.Exists(full) ? $"{path} is a repository of its own (a submodule); its files stay behind." : null;
            return null;
        }

        if ((info.Attributes & (FileAttributes.Device | FileAttributes.ReparsePoint)) != 0)
        {
            warning = $"{path} is not an ordinary file; it stays behind.";
            return null;
        }

        return new ProjectFile(path, full, null, IsExecutableFile(info));
    }

    private static bool Inside(string project, string link, string target)
    {
        if (System.IO.Path.IsPathRooted(target))
        {
            return false;
        }

        var resolved = System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(link)!, target));
        return resolved.StartsWith(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(project)) + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    private static bool IsExecutableFile(FileInfo info)
    {
        if (!OperatingSystem.IsWindows())
        {
            return (info.UnixFileMode & UnixFileMode.UserExecute) != 0;
        }

        // Windows keeps no such mark; what begins like a script is one.
        using var stream = info.OpenRead();
        return stream.ReadByte() == '#' && stream.ReadByte() == '!';
    }
}
