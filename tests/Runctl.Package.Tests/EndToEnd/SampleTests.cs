using System.Diagnostics;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>A sample as users would run it: interrupted on one instance, resumed on another, compared with a run that nobody disturbed. A class each, so that they run side by side.</summary>
public abstract class SampleTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private static readonly string Samples = Path.Combine(BuiltModule.Directory, "samples");

    protected void InterruptAndResume(string script, string arguments, string checkpoint)
    {
        using var project = new Project();
        foreach (var file in Directory.GetFiles(Samples, "*train*"))
        {
            File.Copy(file, project[Path.GetFileName(file)], overwrite: true);
        }

        var (exit, undisturbed) = Run(script.EndsWith(".sh", StringComparison.Ordinal) ? "/bin/bash" : "/usr/bin/python3", $"{project[script]} {arguments}", project["reference"]);
        Assert.True(exit == 0, undisturbed);
        var argument = string.Join(", ", arguments.Split(' ').Select(part => $"'{part}'"));

        // Slowed down it takes minutes, so that it still trains when the drill begins, however busy the machine is; the others hurry.
        Assert.Empty(sandbox.Start(project, sandbox.Launch(), $"-ScriptArgument {argument}, '--step-seconds', '0.05'", script).Errors);
        Assert.True(Eventually.Holds(() => sandbox.Run("($run | Get-RunctlTraining).LastStep -ge 20").Single));
        var report = sandbox.Run("$report = $run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms; $report").Single;
        Assert.True(report.Passed, report.Reason);
        Assert.Equal(0L, report.StepsLost);
        Assert.StartsWith(checkpoint, report.Checkpoint.Name);

        var log = sandbox.Train(project, sandbox.Launch(), $"-ScriptArgument {argument} -ResumeFrom $report", script);
        Assert.Contains("resumed at", log);
        Assert.Equal(Last(undisturbed), Last(log));
    }

    private static string Last(string text) => text.Split('\n').Last(line => line.StartsWith("finished: ", StringComparison.Ordinal));

    protected static (int Exit, string Output) Run(string program, string arguments, string? checkpoints = null)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, Environment = { ["RUNCTL_CHECKPOINT_DIR"] = checkpoints, ["PATH"] = "/usr/bin:/bin" } })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
