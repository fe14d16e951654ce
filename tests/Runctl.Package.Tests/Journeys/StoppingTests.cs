namespace Runctl.Package.Tests.Journeys;

public sealed class StoppingTests
{
    [Fact]
    public void A_training_that_is_stopped_has_saved_and_its_instance_can_be_removed()
    {
        using var session = new SandboxSession();
        session.Run("$run = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining ./train.py -SyncCode -ScriptArgument '--steps', 4000");
        session.WaitUntil("(Get-RunctlTraining -InstanceId $run.InstanceId).LastStep -gt 5");
        Assert.Equal("WaitTimedOut", session.Try("$run | Wait-RunctlTraining -Timeout 300ms").ErrorId);
        dynamic stopped = session.Run("$stopped = $run | Stop-RunctlTraining -GracePeriod 10s; $stopped").Single;
        Assert.Equal("stopped", stopped.State);
        Assert.NotNull(stopped.Checkpoint);
        Assert.Equal("Completed", session.Run("(Wait-Job $run.MonitorJob -Timeout 120).State").Single.ToString());
        session.Run("$run | Remove-RunctlInstance -Confirm:$false");
        session.WaitUntil("($run | Get-RunctlInstance).State -eq 'terminated'");
        Assert.Equal("stopped", session.Run("($run | Get-RunctlTraining).State").Single);
    }
}
