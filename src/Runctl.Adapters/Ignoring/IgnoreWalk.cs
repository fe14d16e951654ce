using MAB.DotIgnore;
using Runctl.Code;

namespace Runctl.Adapters.Ignoring;

/// <summary>Walks a directory as git would where there is no git: every directory's .gitignore and .runctlignore count for what is below it.</summary>
internal static class IgnoreWalk
{
    // The last one has the last word.
    private static readonly string[] RuleFiles = [".gitignore", ".runctlignore"];

    /// <summary>The files that are not ignored, relative with forward slashes; links to directories are not followed. A directory that cannot be read is listed as one entry.</summary>
    public static IEnumerable<string> List(string directory, CancellationToken cancellationToken) => Walk(directory, "", Entries(directory) ?? [], [], cancellationToken);

    private static IEnumerable<string> Walk(string directory, string prefix, List<string> entries, List<(string Base, IgnoreList Rules)> rules, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var inForce = new List<(string Base, IgnoreList Rules)>(rules);
        inForce.AddRange(RuleFiles.Select(name => Path.Combine(directory, name)).Where(file => Code.Entries.KindOf(file) == EntryKind.File).Select(file => (prefix, new IgnoreList(file))));
        foreach (var entry in entries)
        {
            var name = Path.GetFileName(entry);
            var path = prefix + name;
            var isDirectory = Code.Entries.KindOf(entry) == EntryKind.Directory;
            if (name == ".git" || IsIgnored(inForce, path, isDirectory))
            {
                continue;
            }

            if (!isDirectory || Entries(entry) is not { } below)
            {
                yield return path;
                continue;
            }

            foreach (var found in Walk(entry, path + "/", below, inForce, cancellationToken))
            {
                yield return found;
            }
        }
    }

    /// <summary>What lies in a directory, sorted; null where it cannot be read.</summary>
    private static List<string>? Entries(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(directory).OrderBy(Path.GetFileName, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return null;
        }
    }

    /// <summary>The innermost list with an opinion decides; a list has none where its last match is absent.</summary>
    private static bool IsIgnored(List<(string Base, IgnoreList Rules)> rules, string path, bool isDirectory)
    {
        for (var i = rules.Count - 1; i >= 0; i--)
        {
            var relative = path[rules[i].Base.Length..];
            var last = rules[i].Rules.Rules.LastOrDefault(rule => rule.IsMatch(relative, isDirectory));
            if (last is not null)
            {
                return !last.PatternFlags.HasFlag(PatternFlags.NEGATION);
            }
        }

        return false;
    }
}
