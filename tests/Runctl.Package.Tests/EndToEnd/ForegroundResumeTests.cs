namespace Runctl.Package.Tests.EndToEnd;

/// <summary>Watch-RunctlSpotInterruption -AutoResume as a command that somebody looks at.</summary>
public sealed class ForegroundResumeTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private const string Watch = "$run | Watch-RunctlSpotInterruption -AutoResume -PollInterval 500ms";

    private readonly HeldTraining _held = new(sandbox);

    [Fact]
    public async Task It_tells_of_the_interruption_the_resume_and_the_resumed_training_in_order_and_ends_with_it()
    {
        var run = _held.Start(sandbox.Launch(), "-ScriptArgument 20, 60");
        _held.WaitUntilItStays(run);
        Assert.Empty(sandbox.Run(Watch + " -WhatIf").Output);
        var interruption = _held.InterruptAsync(run, window: 15);
        var watched = sandbox.Run(Watch);
        Assert.Empty(watched.Errors);
        var told = watched.Output.Select(item => (dynamic)item.BaseObject).Select(e => $"{e.Attempt} {e.Kind}").ToList();
        AssertInOrder(told, "1 InterruptionDetected", "1 TrainingSignalled", "1 CheckpointSaved", "1 InterruptionHandled");
        AssertInOrder(told, "1 InterruptionDetected", "2 ResumeBegun", "2 ReplacementLaunched", "2 TrainingResumed", "2 CheckpointRestored", "2 TrainingStarted", "2 TrainingFinished");
        Assert.Equal("2 TrainingFinished", told[^1]);
        var report = (await interruption).Single;
        Assert.True(report.Passed, report.Reason);
        _held.AssertResult(60);
    }

    [Fact]
    public async Task Stopped_in_the_middle_of_a_resume_it_takes_everything_back_and_the_run_can_be_resumed_again()
    {
        // It saves when it is let go: until then the run has not passed on, and the resume waits with its replacement.
        var run = _held.Start(sandbox.Launch(), "-ScriptArgument 20, 60, --slow");
        var place = _held.WaitUntilItStays(run);
        var first = Assert.Single(await sandbox.Other.LivingAsync(run));
        var interruption = _held.InterruptAsync(run, window: 120);
        sandbox.Stop(Watch, () => Pause() && Living(run) > 1);
        HeldTraining.Until(() => Living(run) == 1, "The replacement was not removed.");
        Assert.Equal([first], await sandbox.Other.LivingAsync(run));
        await File.WriteAllTextAsync(Path.Combine(place, "let-go"), "", TestContext.Current.CancellationToken);

        // Wait-RunctlTraining would wait until the notice is withdrawn or the instance gone.
        HeldTraining.Until(() => sandbox.Run("($run | Get-RunctlTraining).State").Single == "interrupted", "The attempt did not end.");
        var resumed = sandbox.Run("$run | Resume-RunctlTraining -InstanceType g5.xlarge -NoMonitor | Wait-RunctlTraining -PollInterval 500ms -Timeout 90s").Single;
        Assert.Equal(("finished", 3, 21L, 0L), ((string)resumed.State, (int)resumed.Attempt, (long)resumed.FirstStep, (long)resumed.StepsLost));
        _held.AssertResult(60);
        // Nobody waits for the rest of the window.
        await sandbox.Other.TerminateAsync(first);
        await interruption;
    }

    public void Dispose() => _held.Dispose();

    private static void AssertInOrder(List<string> told, params string[] expected)
    {
        var found = expected.Select(kind => told.IndexOf(kind)).ToArray();
        Assert.True(found.All(index => index >= 0) && found.SequenceEqual(found.Order()), string.Join('\n', told));
    }

    private static bool Pause()
    {
        Thread.Sleep(150);
        return true;
    }

    private int Living(string run) => sandbox.Other.LivingAsync(run).GetAwaiter().GetResult().Count;
}
