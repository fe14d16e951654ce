using System.Diagnostics;

namespace Runctl.Adapters.Tests.Ignoring;

public sealed class IgnoreWalkTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Without_git_the_same_files_are_left_as_with_it()
    {
        _directory.Write(".gitignore", "*.log\n/data/\n!keep.log\nbuild\ndoc/*.txt\n**/cache\n# a comment\n\n\\#odd\n");
        _directory.Write("sub/.gitignore", "!special.log\nlocal.txt\n");
        foreach (var path in new[] { "train.py", "run.log", "keep.log", "data/x.bin", "sub/data/y.bin", "build/o", "sub/build/o", "doc/a.txt", "doc/deep/a.txt", "a/cache/z", "sub/special.log", "sub/other.log", "sub/local.txt", "local.txt", "#odd" })
        {
            _directory.Write(path);
        }

        var walked = new AdaptersRoot().ListFilesByIgnoreRules(_directory.Path, TestContext.Current.CancellationToken).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(ByGit(), walked);
    }

    private List<string> ByGit()
    {
        Run("init", "-q");
        return [.. Run("ls-files", "--others", "--exclude-standard", "-z").Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
    }

    private string Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = _directory.Path, RedirectStandardOutput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
