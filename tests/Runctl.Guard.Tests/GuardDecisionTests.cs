using System.Diagnostics;

namespace Runctl.Guard.Tests;

/// <summary>The guard's own unit tests, written in the guard's language; each file of them is one case here.</summary>
public sealed class GuardDecisionTests
{
    private const string Python = "/usr/bin/python3";

    public static TheoryData<string> TestFiles()
    {
        var files = new TheoryData<string>();
        foreach (var path in Directory.GetFiles(TestDirectory(), "test_*.py").Order(StringComparer.Ordinal))
        {
            files.Add(Path.GetFileNameWithoutExtension(path));
        }

        return files;
    }

    [Theory]
    [MemberData(nameof(TestFiles))]
    public async Task Guard_behaves_as_its_python_tests_say(string module)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(Python), "The guard runs on Linux with Python 3.");
        var start = new ProcessStartInfo(Python)
        {
            WorkingDirectory = TestDirectory(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in new[] { "-B", "-W", "ignore::ResourceWarning", "-m", "unittest", module })
        {
            start.ArgumentList.Add(argument);
        }

        // Settings of whoever runs the tests must not reach the guard.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("AWS_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(3));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        Assert.True(process.ExitCode == 0, $"{module}:\n{await output}{await errors}");
    }

    private static string TestDirectory()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "tests", "Runctl.Guard.Tests", "python");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new DirectoryNotFoundException("tests/Runctl.Guard.Tests/python is not above the test assembly.");
    }
}
