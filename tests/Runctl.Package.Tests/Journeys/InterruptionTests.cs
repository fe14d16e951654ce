using System.Management.Automation;

namespace Runctl.Package.Tests.Journeys;

public sealed class InterruptionTests
{
    [Fact]
    public void A_training_that_is_interrupted_goes_on_from_its_last_step_on_another_instance()
    {
        using var session = new SandboxSession();
        session.Run("$run = New-RunctlSpotInstance g5.xlarge, g4dn.xlarge -Wait | Start-RunctlTraining ./train.py -SyncCode -ScriptArgument '--steps', 4000");
        session.WaitUntil("(Get-RunctlTraining $run.RunId).LastStep -gt 20");
        var drill = session.Run("$report = $run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms; $report");
        dynamic report = drill.Output[^1].BaseObject;
        Assert.True(report.Passed, report.Reason);
        Assert.True(report.InstanceTaken);
        Assert.Equal(0L, report.StepsLost);
        Assert.Equal($"Spot interruption detected for instance {report.InstanceId}!", Assert.Single(drill.Warnings));
        Assert.All(drill.Information, record => Assert.Contains("Runctl", record.Tags));

        var job = (Job)session.Run("Wait-Job $run.MonitorJob -Timeout 120").Single;
        Assert.Equal(JobState.Completed, job.JobStateInfo.State);
        var received = session.Run("Receive-Job $run.MonitorJob");
        Assert.Contains($"Spot interruption detected for instance {report.InstanceId}!", received.Warnings);
        Assert.Contains("InterruptionHandled", received.Output.Select(item => (string)((dynamic)item.BaseObject).Kind));

        dynamic resumed = session.Run("$new = New-RunctlSpotInstance g5.xlarge -Wait; $resumed = $report | Start-RunctlTraining ./train.py -InstanceId $new -SyncCode -ScriptArgument '--steps', ($report.LastStep + 5) -NoMonitor | Wait-RunctlTraining -PollInterval 500ms; $resumed").Single;
        Assert.Equal("finished", resumed.State);
        Assert.Equal(0, resumed.ExitCode);
        Assert.Equal(report.LastStep + 1, resumed.FirstStep);
        Assert.Equal(0L, resumed.StepsLost);
        var log = session.Run("$resumed | Get-RunctlTrainingLog").Output.Select(line => line.ToString()).ToList();
        Assert.Contains($"step {report.LastStep + 1}", log);
        Assert.DoesNotContain($"step {report.LastStep}", log);
        var saved = (FileInfo)session.Run("$resumed | Get-RunctlCheckpoint -Latest | Save-RunctlCheckpoint").Single;
        Assert.Equal(Path.Combine(session.Directory, "checkpoints"), saved.DirectoryName);
        Assert.Equal("FileExists", session.Try("$resumed | Get-RunctlCheckpoint -Latest | Save-RunctlCheckpoint").ErrorId);
    }
}
