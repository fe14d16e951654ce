namespace Runctl.Package.Tests.EndToEnd;

public sealed class ResumedTwiceTests(SandboxFixture sandbox) : InterruptedAgainTests(sandbox)
{
    [Fact]
    public async Task It_is_resumed_once_each_time_by_the_same_job_and_comes_to_what_it_would_have_come_to()
    {
        using var held = new HeldTraining(Sandbox);
        var run = held.StartResuming("-ScriptArgument 20, 40, 60");
        await InterruptAsync(held, run, 1);
        await InterruptAsync(held, run, 2);
        var told = WaitForJob();
        Assert.Equal([2, 3], Of(told, "ResumeBegun").Select(e => (int)e.Attempt));
        Assert.Equal([2, 3], Of(told, "TrainingResumed").Select(e => (int)e.Attempt));
        var replacements = Of(told, "ReplacementLaunched").Select(e => (string)e.InstanceId).ToList();
        Assert.Equal(2, replacements.Distinct().Count());
        Assert.Equal([replacements[1]], await Sandbox.Other.LivingAsync(run));
        var ended = Sandbox.Run("$run | Get-RunctlTraining").Single;
        Assert.Equal(("finished", 3, 2, 0L), ((string)ended.State, (int)ended.Attempt, (int)ended.Interruptions, (long)ended.TotalStepsLost));
        Assert.Equal((41L, 60L), ((long)ended.FirstStep, (long)ended.LastStep));
        held.AssertResult(60);
    }
}
