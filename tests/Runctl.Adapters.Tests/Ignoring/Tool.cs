using System.Diagnostics;

namespace Runctl.Adapters.Tests.Ignoring;

/// <summary>Other programs, as a test needs them.</summary>
internal static class Tool
{
    /// <summary>Runs git in a directory, with a name and an address set.</summary>
    public static void Git(string directory, params string[] arguments) =>
        Run("git", directory, ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false", .. arguments]);

    /// <summary>Runs a program and returns what it wrote; a failure fails the test.</summary>
    public static string Run(string program, string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error.GetAwaiter().GetResult()}");
        return output;
    }
}
