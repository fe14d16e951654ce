namespace Runctl.Package.Tests.EndToEnd;

/// <summary>Instances that another tool launched, without Runctl's tags.</summary>
public sealed class ForeignInstanceTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();

    [Fact]
    public async Task One_that_is_not_ours_can_be_trained_on_but_never_removed_and_is_listed_only_with_All()
    {
        var instance = await LaunchAsync();
        Assert.Contains("saved", sandbox.Train(_project, instance, "-ScriptArgument --once"));
        foreach (var removal in new[] { $"Remove-RunctlInstance {instance} -Confirm:$false", $"Get-RunctlInstance {instance} | Remove-RunctlInstance -Confirm:$false", "$run | Remove-RunctlInstance -Confirm:$false" })
        {
            var result = sandbox.Run(removal);
            Assert.Equal("InstanceNotManaged", result.ErrorId);
            Assert.Contains(instance, result.Error.ToString());
        }

        Assert.Equal("running", sandbox.Run($"Get-RunctlInstance {instance}").Single.State);
        Assert.DoesNotContain(sandbox.Run("Get-RunctlInstance").Output, listed => ((dynamic)listed.BaseObject).InstanceId == instance);
        Assert.Contains(sandbox.Run("Get-RunctlInstance -All").Output, listed => ((dynamic)listed.BaseObject).InstanceId == instance);
    }

    [Fact]
    public async Task One_that_is_not_spot_is_guarded_and_watched_and_said_to_be_never_interrupted()
    {
        var instance = await LaunchAsync();
        var started = sandbox.Start(_project, instance);
        Assert.Empty(started.Errors);
        Assert.Contains(started.Warnings, warning => warning.Contains(instance, StringComparison.Ordinal) && warning.Contains("not a spot instance", StringComparison.Ordinal));
        sandbox.WaitForSteps();
        var job = sandbox.Run("$job = $run | Watch-RunctlSpotInterruption -AsJob -PollInterval 500ms; $null = $run | Stop-RunctlTraining; $job | Wait-Job -Timeout 120 | Receive-Job");
        Assert.Single(job.Warnings, warning => warning.Contains(instance, StringComparison.Ordinal) && warning.Contains("not a spot instance", StringComparison.Ordinal));
        Assert.Contains("TrainingStopped", job.Output.Select(item => (string)((dynamic)item.BaseObject).Kind));
    }

    [Fact]
    public async Task One_that_hibernates_is_never_replaced_beside_itself()
    {
        var instance = await LaunchAsync(hibernates: true);
        sandbox.Enter(_project);
        Assert.Equal("AutoResumeHibernates", sandbox.Run($"Start-RunctlTraining $script {instance} -SyncCode -AutoResume").ErrorId);
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        sandbox.WaitForSteps();

        // Frozen before its guard can have seen the notice.
        Assert.Empty(sandbox.Run($"Set-RunctlSandbox -InstanceId {instance} -Notice None").Errors);
        sandbox.Run("$run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms");
        await sandbox.Other.WaitForAsync(instance, "stopped");
        var refused = sandbox.Run("$run | Resume-RunctlTraining -FromScratch");
        Assert.Equal("RunHibernates", refused.ErrorId);
        Assert.Contains(instance, refused.Error.ToString());

        Assert.Empty(sandbox.Run($"Set-RunctlSandbox -InstanceId {instance} -ReturnCapacity").Errors);
        await sandbox.Other.WaitForAsync(instance, "running");
        Assert.Equal("RunStillAlive", sandbox.Run("$run | Resume-RunctlTraining -FromScratch -StoppedInstance Wait").ErrorId);
        Assert.Equal(1, sandbox.Run("$run | Get-RunctlTraining").Single.Attempt);
    }

    [Fact]
    public async Task One_that_is_stopped_is_told_as_such_with_how_to_start_it()
    {
        var instance = await LaunchAsync();
        await sandbox.Other.StopAsync(instance);
        var result = sandbox.Start(_project, instance);
        Assert.Equal("InstanceNotRunning", result.ErrorId);
        Assert.Contains($"{instance} is stopped", result.Error.ToString());
        Assert.Contains($"Start-RunctlInstance {instance} -Wait", result.Error.ErrorDetails.RecommendedAction);
    }

    public void Dispose() => _project.Dispose();

    private async Task<string> LaunchAsync(bool hibernates = false)
    {
        sandbox.AllowAnyInstance();
        var instance = await sandbox.Other.LaunchAsync((string)sandbox.Run("$sandbox.IamInstanceProfile").Single, hibernates);
        await sandbox.Other.WaitForAsync(instance, "running");
        return instance;
    }
}
