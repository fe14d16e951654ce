using System.Diagnostics;

namespace Runctl.Guard.Tests;

/// <summary>The guard's tests in Python: finds the modules of a test project and runs them.</summary>
internal static class PythonTests
{
    private const string Python = "/usr/bin/python3";

    /// <summary>The test modules below a project's <c>python</c> folder, as Python names them.</summary>
    public static IEnumerable<string> Modules(string project)
    {
        var folder = FolderOf(project);
        return Directory.GetFiles(folder, "test_*.py", SearchOption.AllDirectories)
            .Select(path => Path.ChangeExtension(Path.GetRelativePath(folder, path), null).Replace(Path.DirectorySeparatorChar, '.'))
            .Order(StringComparer.Ordinal);
    }

    /// <summary>Runs modules in one process of Python; fails with its output.</summary>
    public static async Task RunAsync(string project, params IEnumerable<string> modules)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(Python), "The guard runs on Linux with Python 3.");
        var start = new ProcessStartInfo(Python, ["-B", "-W", "ignore::ResourceWarning", "-m", "unittest", .. modules])
        {
            WorkingDirectory = FolderOf(project),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // AWS settings of the user must not reach the guard.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("AWS_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(6)); // For hangs only.
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

        Assert.True(process.ExitCode == 0, $"{await output}{await errors}");
    }

    private static string FolderOf(string project)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "tests", project, "python");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new DirectoryNotFoundException($"tests/{project}/python is not above the test assembly.");
    }
}
