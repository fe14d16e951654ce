namespace Runctl.Package.Tests.EndToEnd;

public sealed class ResumesUsedUpTests(SandboxFixture sandbox) : InterruptedAgainTests(sandbox)
{
    [Fact]
    public async Task It_is_left_when_max_resumes_are_used_up_and_the_job_says_so_and_ends()
    {
        using var held = new HeldTraining(Sandbox, "[spot]\nmax_resumes = 1\n");
        var run = held.StartResuming("-ScriptArgument 20, 40, 60");
        await InterruptAsync(held, run, 1);
        await InterruptAsync(held, run, 2);
        var told = WaitForJob();
        var why = Assert.Single(told.Warnings, warning => warning.Contains("max_resumes", StringComparison.Ordinal));
        Assert.StartsWith($"Runctl does not resume run {run} automatically: Run {run} was resumed 1 times, as often as max_resumes allows", why);
        Assert.Contains("Resume-RunctlTraining", why);
        Assert.Single(Of(told, "ResumeBegun"));
        Assert.Single(Of(told, "ReplacementLaunched"));
        Assert.Empty(await Sandbox.Other.LivingAsync(run));
        var ended = Sandbox.Run("$run | Get-RunctlTraining").Single;
        Assert.Equal(("interrupted", 2, 2), ((string)ended.State, (int)ended.Attempt, (int)ended.Interruptions));
    }
}
