namespace Runctl.Package.Tests.Journeys;

public sealed class ResumeFromTests
{
    [Fact]
    public void What_means_a_run_means_the_newest_checkpoint_that_the_run_has_now()
    {
        using var session = new SandboxSession();
        session.Run("$instance = New-RunctlSpotInstance g5.xlarge -Wait; $run = $instance | Start-RunctlTraining ./train.py -SyncCode -NoMonitor -ScriptArgument '--steps', 150, '--wait'");
        session.WaitUntil("$null -ne ($old = Get-RunctlTraining $run.RunId).Checkpoint");
        session.Run("$null = New-Item -ItemType File (Join-Path $sandbox.Directory $instance.InstanceId home ubuntu journey go-on)");
        session.Run("$null = $run | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s");
        Assert.Equal("epoch_50.json", session.Run("\"$($old.Checkpoint)\"").Single);
        Assert.Null(session.Run("$run").Single.Checkpoint);
        var run = session.Run("$run.RunId").Single;
        const string Start = "Start-RunctlTraining ./train.py -SyncCode -WhatIf";
        const string Clixml = "[Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($old))";
        foreach (var source in new[] { "$old", "$run", "($old | ConvertTo-Json -Depth 4 | ConvertFrom-Json)", $"({Clixml})", "$run.RunId", "$run.RunId.Substring($run.RunId.Length - 6)", "$instance.InstanceId", "(Get-RunctlCheckpoint $run -Latest)" })
        {
            Assert.Matches($@"train\.py from epoch_150\.json \(step [>=\d]+\) of run {run} on i-", session.Show($"{Start} -InstanceId $instance -ResumeFrom {source}"));
        }

        foreach (var piped in new[] { $"$old | {Start}", $"$run | {Start}", $"$run | {Start} -InstanceType g5.xlarge", $"$old | {Start} -InstanceId $instance", $"$old | ConvertTo-Json -Depth 4 | ConvertFrom-Json | {Start}" })
        {
            Assert.Matches($@"train\.py from epoch_150\.json \(step [>=\d]+\) of run {run} on ", session.Show(piped));
        }

        // What names a checkpoint means that one, and a file that is there is meant before a run.
        Assert.Contains("train.py from epoch_50.json ", session.Show($"{Start} -InstanceId $instance -ResumeFrom $old.Checkpoint"));
        File.WriteAllText(Path.Combine(session.Directory, run), "{\"step\": 7}");
        Assert.Contains($"train.py from {Path.Combine(session.Directory, run)} on i-", session.Show($"{Start} -InstanceId $instance -ResumeFrom $run.RunId"));
        Assert.Equal("TrainingNotFound", session.Try($"{Start} -InstanceId $instance -ResumeFrom journey-20260101-000000-abcdef").ErrorId);
        Assert.Equal("CheckpointNotFound", session.Try($"{Start} -InstanceId $instance -ResumeFrom ./no-such-file").ErrorId);
    }
}
