using MAB.DotIgnore;

namespace Runctl.Adapters.Ignoring;

/// <summary>Walks a directory as git would where there is no git: every directory's .gitignore counts for what is below it.</summary>
internal static class IgnoreWalk
{
    /// <summary>The files that are not ignored, relative with forward slashes; links to directories are not followed.</summary>
    public static IEnumerable<string> List(string directory, CancellationToken cancellationToken) => Walk(new DirectoryInfo(directory), "", [], cancellationToken);

    private static IEnumerable<string> Walk(DirectoryInfo directory, string prefix, List<(string Base, IgnoreList Rules)> rules, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var file = Path.Combine(directory.FullName, ".gitignore");
        var inForce = File.Exists(file) ? [.. rules, (prefix, new IgnoreList(file))] : rules;
        foreach (var entry in directory.EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var path = prefix + entry.Name;
            var isLink = entry.LinkTarget is not null;
            var isDirectory = entry is DirectoryInfo && !isLink;
            if (entry.Name == ".git" || IsIgnored(inForce, path, isDirectory))
            {
                continue;
            }

            if (!isDirectory)
            {
                yield return path;
                continue;
            }

            foreach (var below in Walk((DirectoryInfo)entry, path + "/", inForce, cancellationToken))
            {
                yield return below;
            }
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
