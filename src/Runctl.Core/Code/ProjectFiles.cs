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
        var listed = await GitFiles.TryListAsync(project, cancellationToken).ConfigureAwait(false) ?? adapters.ListFilesByIgnoreRules(project, cancellationToken);
        var checkpoints = checkpointDirectory.Replace('\\', '/').Trim('/') + "/";
        var environments = new EnvironmentFilter(project);
        var files = new SortedDictionary<string, ProjectFile>(StringComparer.Ordinal);
        var warnings = new List<string>();
        foreach (var path in listed.Where(p => !p.StartsWith(checkpoints, StringComparison.Ordinal) && !p.Split('/').SkipLast(1).Any(NeverDirectories.Contains) && !environments.Covers(p)))
        {
            Add(path);
        }

        foreach (var path in Named(project, checkpoints, arguments).Append(script))
        {
            Add(path);
        }

        return new ProjectListing([.. files.Values], warnings);

        void Add(string path)
        {
            if (ProjectFile.Find(project, path, out var warning) is { } file)
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
            var path = argument.Replace('\\', '/');
            path = path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
            if (!(path + "/").StartsWith(checkpoints, StringComparison.Ordinal) || path.Split('/').Contains("..") || path.TrimEnd('/').Length < checkpoints.Length)
            {
                continue;
            }

            var full = Path.Combine(project, path);
            if (File.Exists(full))
            {
                yield return path;
            }
            else if (Directory.Exists(full))
            {
                foreach (var file in Directory.EnumerateFiles(full, "*", SearchOption.AllDirectories))
                {
                    yield return Path.GetRelativePath(project, file).Replace('\\', '/');
                }
            }
        }
    }
}
