namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>What becomes of the instance when its training has ended.</summary>
public sealed class ExitTests(GuardSandbox sandbox)
{
    private const string Saver = Python.Beginning + """
        replace("step_9.json", b"{}")
        ready("saved")
        while not os.path.exists("go"):
            time.sleep(0.02)
        """;

    [Fact]
    public async Task An_instance_that_is_to_be_ended_goes_when_its_last_training_has_and_everything_is_in_S3()
    {
        await using var run = await sandbox.StartAsync(new Scenario(Saver) { Configure = settings => settings with { OnExit = "terminate" } });
        Assert.SkipUnless((await run.ShellAsync("shutdown -c")).ExitCode == 0, "An instance without a PID namespace cannot be shut down from inside.");
        var other = await sandbox.StartAsync(new Scenario(Saver) { InstanceId = run.InstanceId, Project = "other", Configure = settings => settings with { S3Prefix = settings.S3Prefix + "/others" } });
        await run.PrintedAsync("saved");
        await other.PrintedAsync("saved");

        await File.WriteAllTextAsync(Path.Combine(run.Project, "go"), "", TestContext.Current.CancellationToken);
        await run.WaitForAsync("Warning", data => data.GetProperty("id").GetString() == "TerminationWaits");
        Assert.Equal("running", State(run));

        await File.WriteAllTextAsync(Path.Combine(other.Project, "go"), "", TestContext.Current.CancellationToken);
        await GuardedRun.EventuallyAsync(() => State(run) == "terminated", run.Tell);
        Assert.Contains("step_9.json.manifest.json", await run.KeysAsync());
        Assert.Contains("\"TrainingFinished\"", await run.ShippedAsync(), StringComparison.Ordinal);
        Assert.Contains("\"TerminationWaits\"", await run.ShippedAsync(), StringComparison.Ordinal);
        Assert.Contains("\"TrainingFinished\"", await other.ShippedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instance_whose_disk_has_the_only_copy_is_kept()
    {
        await using var run = await sandbox.StartAsync(new Scenario(Saver) { HasBucket = false, Configure = settings => settings with { OnExit = "terminate" } });
        await run.PrintedAsync("saved");
        await File.WriteAllTextAsync(Path.Combine(run.Project, "go"), "", TestContext.Current.CancellationToken);
        await run.WaitForAsync("Warning", data => data.GetProperty("id").GetString() == "KeptForCheckpoint");
        Assert.Equal("running", State(run));
    }

    private string State(GuardedRun run) => sandbox.Sandbox.Instances.Single(one => one.InstanceId == run.InstanceId).State;
}
