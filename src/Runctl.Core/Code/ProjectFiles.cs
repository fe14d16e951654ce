using Runctl.Ports;

namespace Runctl.Code;

/// <summary>Which files of a project travel: what git would commit, without environments, caches and old checkpoints.</summary>
internal sealed class ProjectFiles(IAdapters adapters)
{
    private static readonly HashSet<string> NeverDirectories = new(StringComparer.Ordinal) { ".git", ".venv", "venv", "__pycache__", "node_modules", ".ipynb_checkpoints" };

    /// <summary>Lists the files, sorted.</summary>
    /// <param name="project">The project's directory.</param>
    /// <param name="script">The script, relative: travels in any case.</param>
    /// <param name="checkpointDirectory">The checkpoint directory, relative: stays, save for what an argument names.</param>
    /// <param name="arguments">The script's arguments.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public async Task<ProjectListing> ListAsync(string project, string script, string checkpointDirectory, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var git = new GitFiles(adapters.ListFilesByIgnoreRules);
        var listed = await git.TryListAsync(project, cancellationToken).ConfigureAwait(false) ?? adapters.ListFilesByIgnoreRules(project, cancellationToken).ToHashSet(StringComparer.Ordinal);
        var checkpoints = checkpointDirectory.Replace('\\', '/').Trim('/') + "/";
        var environments = new EnvironmentFilter(project);
        var links = new ProjectLinks(project);
        var files = new SortedDictionary<string, ProjectFile>(StringComparer.Ordinal);
        var warnings = new List<string>(git.Warnings);
        foreach (var path in listed.Where(p => !(p + "/").StartsWith(checkpoints, StringComparison.Ordinal) && !p.Split('/').SkipLast(1).Any(NeverDirectories.Contains) && !environments.Covers(p)).Order(StringComparer.Ordinal))
        {
            Add(path);
        }

        if (listed.Count > 0 && !listed.Contains(script) && Entries.KindOf(Path.Combine(project, script)) == EntryKind.File)
        {
            warnings.Add($"{script} is ignored by the rules of the project: Runctl sends it because it is the script, and leaves out the ignored files beside it. Take it out of .gitignore, or name its own directory with -ProjectDirectory.");
        }

        foreach (var path in Named(project, checkpoints, arguments).Append(script))
        {
            Add(path);
        }

        return new ProjectListing([.. files.Values], [.. warnings.Distinct(StringComparer.Ordinal)]);

        void Add(string path)
        {
            if (ProjectFile.Find(project, path, links, out var warning) is { } file)
            {
                files[path] = file;
            }
            else if (warning is not null)
            {
                warnings.Add(warning);
            }
        }
    }

    /// <summary>What arguments name in the checkpoint directory: <c>--resume checkpoints/epoch_3.pt</c> has to find its file.</summary>
    private static IEnumerable<string> Named(string project, string checkpoints, IReadOnlyList<string> arguments)
    {
        foreach (var argument in arguments.SelectMany(a => a.Contains('=', StringComparison.Ordinal) ? new[] { a, a[(a.IndexOf('=', StringComparison.Ordinal) + 1)..] } : [a]))
        {
            var path = OperatingSystem.IsWindows() ? argument.Replace('\\', '/') : argument;
            path = path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
            if (!(path + "/").StartsWith(checkpoints, StringComparison.Ordinal) || path.Split('/').Contains("..") || path.TrimEnd('/').Length < checkpoints.Length)
            {
                continue;
            }

            path = path.TrimEnd('/');
            if (Entries.KindOf(Path.Combine(project, path)) != EntryKind.Directory)
            {
                yield return path;
                continue;
            }

            foreach (var file in FileTree.List(Path.Combine(project, path)))
            {
                yield return $"{path}/{file}";
            }
        }
    }
}
