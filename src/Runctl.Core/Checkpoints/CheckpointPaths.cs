using Runctl.Code;
using Runctl.Errors;

namespace Runctl.Checkpoints;

/// <summary>Paths and links of a manifest. They come from S3, and any account that may write there can choose them: none may lead out of the directory.</summary>
/// <param name="manifest">URI of the manifest, for errors.</param>
/// <param name="isWindows">Whether Windows receives the files.</param>
internal sealed class CheckpointPaths(string manifest, bool isWindows)
{
    /// <summary>Refuses what leads out, what lies behind a link or a file of the same set, and what the receiving file system cannot hold.</summary>
    public void Check(IReadOnlyCollection<CheckpointFile> files)
    {
        var known = new Dictionary<string, CheckpointFile>(isWindows ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (var file in files)
        {
            CheckName(file.Path);
            if (file.Link is { } target && (Resolve(file.Path, target) is null || (isWindows && target.Contains('\\', StringComparison.Ordinal))))
            {
                throw RunctlErrors.UnsafePath($"{file.Path} -> {target}", manifest);
            }

            if (!known.TryAdd(file.Path, file))
            {
                throw known[file.Path].Path == file.Path ? RunctlErrors.ManifestInvalid(manifest, $"it lists '{file.Path}' twice")
                    : RunctlErrors.NameNotAllowed(file.Path, $"Windows takes it and '{known[file.Path].Path}' for one name");
            }
        }

        foreach (var path in files.Select(file => file.Path))
        {
            for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            {
                if (known.TryGetValue(path[..slash], out var above))
                {
                    throw above.Link is not null ? RunctlErrors.UnsafePath(path, manifest) : RunctlErrors.ManifestInvalid(manifest, $"'{above.Path}' is a file and a directory in it");
                }
            }
        }
    }

    /// <summary>Refuses a path by its text.</summary>
    public void CheckName(string path)
    {
        var parts = path.Split('/');
        if (path.Contains('\0', StringComparison.Ordinal) || parts.Any(part => part is "" or "." or ".."))
        {
            throw RunctlErrors.UnsafePath(path, manifest);
        }

        if (isWindows && parts.Select(FileNames.RefusedByWindows).FirstOrDefault(reason => reason is not null) is { } refused)
        {
            throw RunctlErrors.NameNotAllowed(path, refused);
        }
    }

    /// <summary>The path below the directory that a link leads to, "" for the directory itself; null where it leads out.</summary>
    public static string? Resolve(string path, string target)
    {
        if (target.Length == 0 || target[0] == '/' || target.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        var reached = path.Split('/').SkipLast(1).ToList();
        foreach (var part in target.Split('/'))
        {
            switch (part)
            {
                case "" or ".":
                    break;
                case ".." when reached.Count == 0:
                    return null;
                case "..":
                    reached.RemoveAt(reached.Count - 1);
                    break;
                default:
                    reached.Add(part);
                    break;
            }
        }

        return string.Join('/', reached);
    }

    /// <summary>The target of a link that <see cref="Check"/> passed, without detours: one that climbs through another link would come out elsewhere.</summary>
    public static string Direct(string path, string target)
    {
        var from = path.Split('/').SkipLast(1).ToList();
        var to = Resolve(path, target)!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var common = from.Zip(to).TakeWhile(pair => pair.First == pair.Second).Count();
        var direct = Enumerable.Repeat("..", from.Count - common).Concat(to.Skip(common)).ToList();
        return direct.Count == 0 ? "." : string.Join('/', direct);
    }
}
