using System.Text.RegularExpressions;

namespace Runctl.Core.Tests.Conventions;

/// <summary>What the writing guide of CONTRIBUTING.md asks of the words that users see, as far as a program can tell.</summary>
public sealed partial class StyleTests
{
    private const int LongestSentence = 30;

    private static readonly string Root = FindRoot();

    [Theory]
    [InlineData("src/Runctl.Core", "*.cs")]
    [InlineData("src/Runctl.Adapters", "*.cs")]
    [InlineData("src/Runctl.PowerShell", "*.cs")]
    [InlineData("src/Runctl.Guard/runctl_guard", "*.py")]
    [InlineData("module/en-US", "*.txt")]
    public void No_text_has_a_word_that_the_writing_guide_replaces(string directory, string pattern) => Assert.Empty(
        from text in Texts(directory, pattern)
        from word in Replaced().Matches(text.Words)
        select $"{text.File}: '{word.Value}' in: {text.Words}");

    [Theory]
    [InlineData("src/Runctl.Core", "*.cs")]
    [InlineData("src/Runctl.Adapters", "*.cs")]
    [InlineData("src/Runctl.PowerShell", "*.cs")]
    [InlineData("src/Runctl.Guard/runctl_guard", "*.py")]
    [InlineData("module/en-US", "*.txt")]
    public void No_sentence_has_more_than_thirty_words(string directory, string pattern) => Assert.Empty(
        from text in Texts(directory, pattern)
        from sentence in SentenceEnd().Split(text.Words)
        where sentence.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length > LongestSentence
        select $"{text.File}: {sentence}");

    [Theory]
    [InlineData("It can not be", true)]
    [InlineData("Name it by -Path", true)]
    [InlineData("End it by Stop-RunctlTraining", true)]
    [InlineData("It doesn't run", true)]
    [InlineData("It begins anew", true)]
    [InlineData("resumed by itself", true)]
    [InlineData("A notice stands", true)]
    [InlineData("Nobody asks", true)]
    [InlineData("It cannot be done with -Path; the run's bucket stands by", false)]
    public void The_words_are_found(string text, bool isFound) => Assert.Equal(isFound, Replaced().IsMatch(text));

    /// <summary>The strings of sources, the help of cmdlets and the paragraphs of topics. What a string inserts counts as one word.</summary>
    private static IEnumerable<(string File, string Words)> Texts(string directory, string pattern) =>
        from file in Directory.EnumerateFiles(Path.Combine(Root, directory), pattern, SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Root, file).Replace('\\', '/')
        where !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal)
        let source = File.ReadAllText(file)
        from words in pattern switch { "*.cs" => Strings(source).Concat(Help(path, source)), "*.py" => PythonStrings(source), _ => Paragraphs(source) }
        select (path, words);

    private static IEnumerable<string> Strings(string source) =>
        Text().Matches(CommentLine().Replace(source, "")).Select(text => Inserted().Replace(text.Groups[1].Value, "X"));

    private static IEnumerable<string> Help(string path, string source) => !CmdletFile().IsMatch(path) ? [] :
        HelpText().Matches(CodeElement().Replace(string.Concat(HelpLine().Matches(source).Select(line => line.Groups[1].Value + "\n")), ""))
            .Select(text => Space().Replace(Tag().Replace(ParagraphTag().Replace(text.Groups[2].Value, " "), "X"), " "));

    // Strings that follow each other are one.
    private static IEnumerable<string> PythonStrings(string source) =>
        PythonText().Matches(PythonDocumentation().Replace(PythonComment().Replace(source, ""), "")).Select(text => Joint().Replace(text.Value, ""));

    // What is indented further is code or a list.
    private static IEnumerable<string> Paragraphs(string source) =>
        Blank().Split(source).Select(paragraph => Space().Replace(string.Join(' ', paragraph.Split('\n').Where(line => !ListLine().IsMatch(line))), " "));

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Runctl.psd1")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("No Runctl.psd1 above the tests.");
        }

        return directory.FullName;
    }

    [GeneratedRegex(@"\bcan not\b|\bby -[A-Z]|\bby [A-Z][a-z]+-Runctl|n't\b|\b(?:it|that|there|what|who|here)'s\b|\b\w+'(?:re|ll|ve)\b|\banew\b|\bby (?:it|them)sel(?:f|ves)\b|\bnotice stands\b|\b(?:who|whom|whoever|nobody|somebody)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Replaced();

    [GeneratedRegex(@"(?<=[.!?])\s")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex CommentLine();

    [GeneratedRegex("\"((?:\\\\.|[^\"\\\\\n])*)\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Inserted();

    [GeneratedRegex(@"Runctl\.PowerShell/.*(?:Command|Cmdlet)(?:\.\w+)?\.cs$")]
    private static partial Regex CmdletFile();

    [GeneratedRegex(@"^\s*/// ?(.*)$", RegexOptions.Multiline)]
    private static partial Regex HelpLine();

    [GeneratedRegex(@"(?s)<code>.*?</code>")]
    private static partial Regex CodeElement();

    [GeneratedRegex(@"(?s)<(summary|remarks|para)>(.*?)</\1>")]
    private static partial Regex HelpText();

    [GeneratedRegex("</?para>")]
    private static partial Regex ParagraphTag();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex("(?s)\"\"\".*?\"\"\"")]
    private static partial Regex PythonDocumentation();

    [GeneratedRegex(@"^\s*#.*$", RegexOptions.Multiline)]
    private static partial Regex PythonComment();

    [GeneratedRegex("(?:\"(?:\\\\.|[^\"\\\\\n])*\"\\s*)+")]
    private static partial Regex PythonText();

    [GeneratedRegex("\"\\s*\"")]
    private static partial Regex Joint();

    [GeneratedRegex(@"\n\s*\n")]
    private static partial Regex Blank();

    [GeneratedRegex("^ {8}|^ {4}about_")]
    private static partial Regex ListLine();
}
