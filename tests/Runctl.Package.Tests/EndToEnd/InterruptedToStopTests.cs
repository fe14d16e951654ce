using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>An instance that EC2 stops when it takes it: its disk stays, and only EC2 starts it again.</summary>
public sealed class InterruptedToStopTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();

    [Fact]
    public async Task Its_training_saves_and_it_comes_back_with_its_disk_when_there_is_capacity()
    {
        var launched = sandbox.Run("New-RunctlSpotInstance g5.xlarge -InterruptionBehavior Stop -Wait").Single;
        string instance = launched.InstanceId;
        Assert.Equal("stop", launched.InterruptionBehavior);
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        sandbox.WaitForSteps();

        var report = sandbox.Run("$report = $run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms; $report").Single;
        Assert.True(report.Passed, report.Reason);
        var detected = sandbox.Run("$run | Watch-RunctlSpotInterruption").Output.Select(item => (dynamic)item.BaseObject).First(e => e.Kind == "InterruptionDetected");
        Assert.Equal("stop", (string)detected.Data["action"]);
        var checkpoint = sandbox.Run("$run | Get-RunctlCheckpoint -Latest").Single;
        Assert.Equal("interruption", checkpoint.Reason);
        string path = sandbox.PathOn(instance, $"home/ubuntu/{sandbox.Run("$run.ProjectName").Single}/checkpoints/{checkpoint.Name}");
        WaitFor(instance, "stopped");
        Assert.True(File.Exists(path));

        Assert.Contains($"on {instance} when EC2 starts it again", sandbox.Show("$run | Resume-RunctlTraining -StoppedInstance Wait -WhatIf").ReplaceLineEndings(" "));
        var refused = sandbox.Run($"Start-RunctlInstance {instance}");
        Assert.Equal("SpotWaitsForCapacity", refused.ErrorId);
        Assert.Contains("only EC2 can start it again", refused.Error.ToString());
        Assert.Contains("-Wait", refused.Error.ErrorDetails.RecommendedAction);

        Assert.Empty(sandbox.Run($"Set-RunctlSandbox -InstanceId {instance} -ReturnCapacity").Errors);
        Assert.Equal("running", sandbox.Run($"Start-RunctlInstance {instance} -Wait").Single.State);
        Assert.True(File.Exists(path));
        Assert.Contains("resumed at", sandbox.Train(_project, instance, "-ScriptArgument --once -ResumeFrom $report"));

        Assert.Empty(sandbox.Run($"Remove-RunctlInstance {instance} -Confirm:$false -Wait").Errors);
        Assert.Equal("cancelled", await sandbox.Other.SpotRequestStateAsync(instance));
        Assert.Empty(sandbox.Run("Get-RunctlInstance -All").Output);
    }

    public void Dispose() => _project.Dispose();

    private void WaitFor(string instance, string state) =>
        Assert.True(Eventually.Holds(() => sandbox.Run($"Get-RunctlInstance {instance}").Single.State == state));
}
