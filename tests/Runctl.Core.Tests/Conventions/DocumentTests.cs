using System.Text.RegularExpressions;

namespace Runctl.Core.Tests.Conventions;

public sealed partial class DocumentTests
{
    private static readonly string Root = FindRoot();
    private static readonly string[] BuildFolders = [".git", "bin", "obj", "out", "TestResults"];
    private static readonly string[] SourcePatterns = ["*.cs", "*.py"];

    [Fact]
    public void Every_test_that_a_document_names_exists()
    {
        var tests = Tests();
        Assert.All(Files(Root, "*.md"), document => Assert.Empty(TestNames(Read(document)).Except(tests)));
    }

    [Theory]
    [InlineData("docs/promises.md", 30)]
    [InlineData("docs/guarantees.md", 25)]
    public void Promises_and_guarantees_name_their_tests(string document, int rows) =>
        Assert.InRange(Read(document).Split('\n').Count(line => line.StartsWith('|') && TestNames(line).Any()), rows, 200);

    [Fact]
    public void Every_relative_link_leads_somewhere() => Assert.All(Files(Root, "*.md"), document =>
        Assert.All(Link().Matches(Code().Replace(Read(document), "")).Select(link => link.Groups[1].Value), target =>
            Assert.True(target.Contains("://", StringComparison.Ordinal) || LeadsSomewhere(document, target), target)));

    [Fact]
    public void Every_decision_is_in_the_index_once_and_names_files_that_exist()
    {
        var index = Read("docs/decisions/README.md");
        var sources = SourcePatterns.SelectMany(pattern => Files(Path.Combine(Root, "src"), pattern)).Select(file => file["src/".Length..]).ToList();
        var decisions = Directory.GetFiles(Path.Combine(Root, "docs", "decisions"), "0*.md");
        Assert.Distinct(decisions.Select(file => Path.GetFileName(file)[..4]));
        Assert.All(decisions, file =>
        {
            Assert.Single(Regex.Matches(index, Regex.Escape($"]({Path.GetFileName(file)})")));
            Assert.All(SourceFile().Matches(File.ReadAllText(file)).Select(source => source.Groups[1].Value), source =>
                Assert.Contains(sources, path => path == source || path.EndsWith("/" + source, StringComparison.Ordinal)));
        });
    }

    [Fact]
    public void The_README_is_short() => Assert.InRange(Read("README.md").TrimEnd('\n').Split('\n').Length, 1, 120);

    /// <summary>Classes, their methods and the Python tests, as documents name them.</summary>
    private static HashSet<string> Tests()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Files(Path.Combine(Root, "tests"), "*.cs").Where(file => file.EndsWith("Tests.cs", StringComparison.Ordinal)))
        {
            var type = "";
            foreach (Match match in Declaration().Matches(Read(file)))
            {
                type = match.Groups["type"].Success ? match.Groups["type"].Value : type;
                names.Add(match.Groups["type"].Success ? type : $"{type}.{match.Groups["method"].Value}");
            }
        }

        names.UnionWith(Files(Path.Combine(Root, "tests"), "*.py").SelectMany(file => PythonTest().Matches(Read(file)).Select(match => match.Groups[1].Value)));
        return names;
    }

    private static IEnumerable<string> TestNames(string text) => TestName().Matches(text).Select(match => match.Groups[1].Value).Distinct();

    private static bool LeadsSomewhere(string document, string target)
    {
        var (path, anchor) = target.Split('#') is [var before, var after] ? (before, after) : (target, null);
        var file = path.Length == 0 ? document : Path.Combine(Path.GetDirectoryName(document) ?? "", path);
        return Path.Exists(Path.Combine(Root, file))
            && (anchor is null || Heading().Matches(Read(file)).Any(heading => Anchor(heading.Groups[1].Value) == anchor));
    }

    /// <summary>As GitHub makes it of a heading.</summary>
    private static string Anchor(string heading) =>
        string.Concat(heading.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    private static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static IEnumerable<string> Files(string directory, string pattern) =>
        Directory.EnumerateFiles(directory, pattern)
            .Concat(Directory.EnumerateDirectories(directory).Where(sub => !BuildFolders.Contains(Path.GetFileName(sub))).SelectMany(sub => Files(sub, pattern).Select(file => Path.Combine(Root, file))))
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'));

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Runctl.psd1")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("No Runctl.psd1 above the tests.");
        }

        return directory.FullName;
    }

    [GeneratedRegex(@"`([A-Z]\w*Tests(?:\.\w+)?|test_\w+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^ *(?:(?:public|internal|private|sealed|static|abstract|partial) )+class (?<type>\w+)|^ *public (?:async )?(?:void|Task|ValueTask) (?<method>\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^ *def (test_\w+)", RegexOptions.Multiline)]
    private static partial Regex PythonTest();

    [GeneratedRegex(@"(?s:```.*?```)|`[^`\n]*`|^    .*$", RegexOptions.Multiline)]
    private static partial Regex Code();

    [GeneratedRegex(@"(?:\]\(|(?:src|href)="")([^)\s""]+)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    // C# and Python; the files of the guard are named below its own folder.
    [GeneratedRegex(@"`(?:src/)?([\w./]+\.(?:cs|py))`")]
    private static partial Regex SourceFile();
}
