using System.Management.Automation;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>A run that is interrupted, resumed by itself, and interrupted again.</summary>
public sealed class InterruptedAgainTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    [Fact]
    public async Task It_is_resumed_once_each_time_by_the_same_job_and_comes_to_what_it_would_have_come_to()
    {
        using var held = new HeldTraining(sandbox);
        var run = held.StartResuming("-ScriptArgument 20, 40, 60");
        await InterruptAsync(held, run, 1);
        await InterruptAsync(held, run, 2);
        var told = WaitForJob();
        Assert.Equal([2, 3], Of(told, "ResumeBegun").Select(e => (int)e.Attempt));
        Assert.Equal([2, 3], Of(told, "TrainingResumed").Select(e => (int)e.Attempt));
        var replacements = Of(told, "ReplacementLaunched").Select(e => (string)e.InstanceId).ToList();
        Assert.Equal(2, replacements.Distinct().Count());
        Assert.Equal([replacements[1]], await sandbox.Other.LivingAsync(run));
        var ended = sandbox.Run("$run | Get-RunctlTraining").Single;
        Assert.Equal(("finished", 3, 2, 0L), ((string)ended.State, (int)ended.Attempt, (int)ended.Interruptions, (long)ended.TotalStepsLost));
        Assert.Equal((41L, 60L), ((long)ended.FirstStep, (long)ended.LastStep));
        held.AssertResult(60);
    }

    [Fact]
    public async Task It_is_left_when_max_resumes_are_used_up_and_the_job_says_so_and_ends()
    {
        using var held = new HeldTraining(sandbox, "[spot]\nmax_resumes = 1\n");
        var run = held.StartResuming("-ScriptArgument 20, 40, 60");
        await InterruptAsync(held, run, 1);
        await InterruptAsync(held, run, 2);
        var told = WaitForJob();
        var why = Assert.Single(told.Warnings, warning => warning.Contains("max_resumes", StringComparison.Ordinal));
        Assert.StartsWith($"Run {run} is not resumed by itself: Run {run} was resumed 1 times, which is all that max_resumes allows", why);
        Assert.Contains("Resume-RunctlTraining", why);
        Assert.Single(Of(told, "ResumeBegun"));
        Assert.Single(Of(told, "ReplacementLaunched"));
        Assert.Empty(await sandbox.Other.LivingAsync(run));
        var ended = sandbox.Run("$run | Get-RunctlTraining").Single;
        Assert.Equal(("interrupted", 2, 1), ((string)ended.State, (int)ended.Attempt, (int)ended.Interruptions));
    }

    private static async Task InterruptAsync(HeldTraining held, string run, int attempt)
    {
        held.WaitUntilItStays(run, attempt);
        var report = (await held.InterruptAsync(run, window: 25)).Single;
        Assert.True(report.Passed, report.Reason);
    }

    private static List<dynamic> Of(SessionResult told, string kind) => [.. told.Output.Select(item => (dynamic)item.BaseObject).Where(e => e.Kind == kind)];

    private SessionResult WaitForJob()
    {
        var job = (Job)sandbox.Run("Wait-Job $run.MonitorJob -Timeout 100").Single;
        var told = sandbox.Run("Receive-Job $run.MonitorJob");
        Assert.True(job.JobStateInfo.State == JobState.Completed, told.Everything);
        return told;
    }
}
