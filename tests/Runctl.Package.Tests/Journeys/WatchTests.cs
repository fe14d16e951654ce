using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.Journeys;

public sealed class WatchTests
{
    [Fact]
    public async Task An_interruption_reads_as_it_was_promised()
    {
        using var session = new SandboxSession();
        session.Run("$run = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining ./train.py -SyncCode -ScriptArgument '--steps', 4000 -NoMonitor");
        session.WaitUntil("(Get-RunctlTraining $run.RunId).LastStep -gt 20");
        var training = session.Run("$run").Single;

        // The drill comes from elsewhere, as an interruption does.
        using var elsewhere = new ModuleSession();
        elsewhere.Set("run", training);
        var drill = Task.Run(() => elsewhere.Run("$run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms"));
        // A screen on which the longest line has room.
        session.Run("$Host.UI.RawUI.BufferSize = [Management.Automation.Host.Size]::new(300, 50)");
        var text = session.Show("$run | Watch-RunctlSpotInterruption");
        Assert.Empty((await drill).Errors);
        Assert.DoesNotContain("\n\n", text.Trim());
        var shown = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string id = training.InstanceId;
        var promised = shown.Where(line => line.Contains(id, StringComparison.Ordinal) || line.StartsWith("Interruption time", StringComparison.Ordinal))
            .SkipWhile(line => !line.Contains("Spot interruption detected", StringComparison.Ordinal))
            // The upload of a checkpoint that was good before may come in between.
            .Where(line => !line.StartsWith("Checkpoint", StringComparison.Ordinal)).Take(4).ToList();
        Assert.Equal($"WARNING: Spot interruption detected for instance {id}!", promised[0]);
        Assert.Equal($"Handling spot interruption for instance {id}", promised[1]);
        Assert.Matches(@"^Interruption time: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", promised[2]);
        Assert.Equal($"Training detected on instance {id}, attempting graceful shutdown...", promised[3]);
        Assert.Contains(shown, line => line.StartsWith("Checkpoint saved: ", StringComparison.Ordinal));
        Assert.Contains(shown, line => line.StartsWith($"Checkpoint uploaded to S3: s3://runctl-sandbox/checkpoints/spot-interruptions/{id}/checkpoints/", StringComparison.Ordinal));
        Assert.Single(shown, line => line.Contains("Spot interruption detected", StringComparison.Ordinal));
    }

    [Fact]
    public void The_foreground_watch_ends_with_the_training_and_tells_its_exit_code()
    {
        using var session = new SandboxSession();
        var result = session.Run("$run = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining ./train.py -SyncCode -ScriptArgument '--steps', 100 -Environment @{ EXIT_CODE = 3 } -NoMonitor; $run | Watch-RunctlSpotInterruption");
        var kinds = result.Output.Select(item => (string)((dynamic)item.BaseObject).Kind).ToList();
        Assert.Equal("TrainingStarted", kinds[0]);
        Assert.Equal("TrainingFailed", kinds[^1]);
        dynamic ended = session.Run("$run | Wait-RunctlTraining").Single;
        Assert.Equal(3, ended.ExitCode);
    }
}
