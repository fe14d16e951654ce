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

        var directory = Path.GetDirectoryName(Path.Combine(_project, path))!;
        if (!Path.IsPathRooted(target) && StaysInside(path, target))
        {
            // The guard refuses a detour: names do not tell it where one comes out.
            return !HasDetour(directory, target) ? target
                : Below(_realProject, RealPath(Path.Combine(directory, target))) is { } real
                    ? Path.GetRelativePath(RealPath(directory), Path.Combine(_realProject, real)).Replace(Path.DirectorySeparatorChar, '/') : null;
        }

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

    /// <summary>Whether a relative target passes through a link, or steps back out of a directory that it stepped into.</summary>
    private static bool HasDetour(string directory, string target)
    {
        var parts = target.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").ToList();
        var ups = parts.TakeWhile(part => part == "..").Count();
        if (parts.Skip(ups).Contains(".."))
        {
            return true;
        }

        var at = Path.GetFullPath(Path.Combine([directory, .. parts.Take(ups)]));
        return parts.Skip(ups).SkipLast(1).Any(part => new DirectoryInfo(at = Path.Combine(at, part)).LinkTarget is not null);
    }

    /// <summary>A path with every link in it followed; what does not exist stays as it is.</summary>
    private static string RealPath(string path)
    {
        var root = Path.GetPathRoot(path) ?? "";
        var real = root;
        foreach (var part in path[root.Length..].Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries))
        {
            if (part is "." or "..")
            {
                real = Path.GetFullPath(Path.Combine(real, part));
                continue;
            }

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
