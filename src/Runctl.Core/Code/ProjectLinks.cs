namespace Runctl.Code;

/// <summary>Links of a project: which of them lead to something inside it, and how that is said so that it holds on an instance too.</summary>
internal sealed class ProjectLinks
{
    private readonly string _project;
    private readonly string _realProject;

    /// <summary>For a project's directory.</summary>
    public ProjectLinks(string project)
    {
        _project = Path.TrimEndingDirectorySeparator(Path.GetFullPath(project));
        _realProject = RealPath(_project);
    }

    /// <summary>The target for the instance, relative and with forward slashes; null where the link leads out of the project.</summary>
    /// <param name="path">The link's path in the project, with forward slashes.</param>
    /// <param name="target">Its target as it is written here.</param>
    public string? TargetInside(string path, string target)
    {
        if (OperatingSystem.IsWindows())
        {
            target = target.Replace('\\', '/');
        }

        if (!Path.IsPathRooted(target) && StaysInside(path, target))
        {
            return target;
        }

        var directory = Path.GetDirectoryName(Path.Combine(_project, path))!;
        var reached = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(directory, target)));
        var inside = Below(_project, reached) ?? Below(_realProject, reached)
            ?? Below(_realProject, Path.Combine(RealPath(Path.GetDirectoryName(reached) ?? reached), Path.GetFileName(reached)));
        return inside is null ? null : Path.GetRelativePath(directory, Path.Combine(_project, inside)).Replace(Path.DirectorySeparatorChar, '/');
    }

    /// <summary>Whether a relative target stays inside by its text alone, as the guard judges it.</summary>
    /// <param name="path">The link's path, with forward slashes.</param>
    /// <param name="target">The target, with forward slashes.</param>
    public static bool StaysInside(string path, string target)
    {
        var depth = path.Count(c => c == '/');
        foreach (var part in target.Split('/'))
        {
            depth += part switch { "" or "." => 0, ".." => -1, _ => 1 };
            if (depth < 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A path with every link in it followed; what does not exist stays as it is.</summary>
    private static string RealPath(string path)
    {
        var root = Path.GetPathRoot(path) ?? "";
        var real = root;
        foreach (var part in path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            try
            {
                if (new DirectoryInfo(real).ResolveLinkTarget(returnFinalTarget: true) is { } target)
                {
                    real = target.FullName;
                }
            }
            catch (IOException)
            {
                // A circle of links leads nowhere, so there is nothing to follow.
            }
        }

        return Path.TrimEndingDirectorySeparator(real);
    }

    private static string? Below(string directory, string path) =>
        path == directory ? "." : path.StartsWith(directory + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? path[(directory.Length + 1)..] : null;
}
