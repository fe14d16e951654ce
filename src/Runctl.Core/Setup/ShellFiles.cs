using System.Text.RegularExpressions;
using Runctl.Code;

namespace Runctl.Setup;

/// <summary>The files of a project that a shell will read, and what of their text a shell does not understand.</summary>
internal static partial class ShellFiles
{
    private const int MostBytes = 4_000_000;
    private const int MostFiles = 100;

    /// <summary>Of a shell script and the shell files it starts or sources, those whose lines end in CR LF: paths relative to the project, with forward slashes.</summary>
    /// <param name="script">Absolute path of the script.</param>
    /// <param name="project">The project's directory.</param>
    public static IReadOnlyList<string> WithCarriageReturns(string script, string project) => Search([script], Path.GetDirectoryName(script)!, project);

    /// <summary>The same for the files that a command names.</summary>
    public static IReadOnlyList<string> NamedBy(string command, string project) => Search(Named(command, project, project), project, project);

    private static List<string> Search(IEnumerable<string> begin, string directory, string project)
    {
        var found = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var files = new Queue<string>(begin);
        while (files.TryDequeue(out var file) && seen.Count < MostFiles)
        {
            // What is no text of a decent size is no script, and a FIFO would wait for a writer.
            if (!seen.Add(Path.GetFullPath(file)) || Entries.KindOf(file) != EntryKind.File || new FileInfo(file).Length > MostBytes)
            {
                continue;
            }

            var text = File.ReadAllText(file);
            if (text.Contains('\0', StringComparison.Ordinal))
            {
                continue;
            }

            if (text.Contains("\r\n", StringComparison.Ordinal))
            {
                found.Add(Path.GetRelativePath(project, file).Replace(Path.DirectorySeparatorChar, '/'));
            }

            foreach (var other in Named(text, directory, project))
            {
                files.Enqueue(other);
            }
        }

        return found;
    }

    private static IEnumerable<string> Named(string text, string directory, string project) =>
        Files().Matches(text).Select(match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value)
            .Select(name => Path.IsPathRooted(name) ? null : new[] { directory, project }.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)).OfType<string>();

    // What is sourced may have any name; what is started is told by its ending.
    [GeneratedRegex(@"^[^#\n]*?(?:(?:^|[\s;&|(])(?:source|\.)\s+[""']?(?:\$\{?\w+\}?/)?([\w./-]+)|(?:^|[\s;&|(""'/}])((?:[\w.-]+/)*[\w.-]+\.(?:sh|bash)))\b", RegexOptions.Multiline)]
    private static partial Regex Files();
}
