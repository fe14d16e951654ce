namespace Runctl.Package.Tests.EndToEnd;

public sealed class ResumedTwiceTests(SandboxFixture sandbox) : InterruptedAgainTests(sandbox)
{
    [Fact]
    public async Task It_is_resumed_once_each_time_by_the_same_job_comes_to_what_it_would_have_come_to_and_no_line_of_its_log_is_lost()
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
        var ended = Sandbox.Run("$ended = $run | Get-RunctlTraining; $ended").Single;
        Assert.Equal(("finished", 3, 2, 0L), ((string)ended.State, (int)ended.Attempt, (int)ended.Interruptions, (long)ended.TotalStepsLost));
        Assert.Equal((41L, 60L), ((long)ended.FirstStep, (long)ended.LastStep));
        held.AssertResult(60);

        // No line of any attempt is lost or comes twice.
        Assert.Equal(Steps(1, 60), Log("-All"));
        Assert.Equal(Steps(41, 60), Log(""));
        Assert.Equal(Steps(36, 60), Log("-All -Tail 25"));
        Assert.Equal(Steps(58, 60), Log("-Tail 3"));

        // Rather a few lines more than one less; the first attempt was over long before.
        var since = Log("-All -Since $ended.Started");
        Assert.InRange(since.Count, 20, 40);
        Assert.Equal(Steps(61 - since.Count, 60), since);
    }

    private static IEnumerable<string> Steps(int first, int last) => Enumerable.Range(first, last - first + 1).Select(step => $"step {step}");

    private List<string> Log(string options)
    {
        var log = Sandbox.Run($"$ended | Get-RunctlTrainingLog {options}");
        Assert.Empty(log.Errors);
        return [.. log.Output.Select(line => line.ToString())];
    }
}
