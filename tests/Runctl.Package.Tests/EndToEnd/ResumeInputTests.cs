namespace Runctl.Package.Tests.EndToEnd;

/// <summary>What cannot be resumed is refused with its reason, before anything is claimed or launched.</summary>
public sealed class ResumeInputTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();

    [Fact]
    public void A_run_that_is_alive_or_has_finished_or_is_not_there_is_refused()
    {
        var instance = sandbox.Launch();
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        var alive = sandbox.Run("$run | Resume-RunctlTraining");
        Assert.Equal("RunStillAlive", alive.ErrorId);
        Assert.Contains(instance, alive.Error.ToString());
        Assert.Contains("Stop-RunctlTraining", alive.Error.ErrorDetails.RecommendedAction);
        Assert.Empty(sandbox.Run("$run | Stop-RunctlTraining").Errors);
        sandbox.Train(_project, sandbox.Instance, "-ScriptArgument --once");
        var finished = sandbox.Run("$run | Resume-RunctlTraining");
        Assert.Equal("RunFinished", finished.ErrorId);
        Assert.Contains("-ResumeFrom", finished.Error.ErrorDetails.RecommendedAction);
        Assert.Equal("TrainingNotFound", sandbox.Run("Resume-RunctlTraining no-such-run").ErrorId);
        Assert.Equal("TrainingNotFound", sandbox.Run("Resume-RunctlTraining i-0123456789abcdef0").ErrorId);
    }

    [Fact]
    public void A_run_whose_code_is_only_on_the_lost_instance_needs_todays_copy()
    {
        var instance = sandbox.Launch();
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        Assert.Empty(sandbox.Run("$run | Stop-RunctlTraining").Errors);
        Assert.Empty(sandbox.Run($"$run = Start-RunctlTraining $script {instance} -NoMonitor; $run").Errors);
        Assert.Empty(sandbox.Run("$run | Stop-RunctlTraining").Errors);
        var refused = sandbox.Run("$run | Resume-RunctlTraining");
        Assert.Equal("CodeNotStored", refused.ErrorId);
        Assert.Contains("-SyncCode", refused.Error.ErrorDetails.RecommendedAction);
        Assert.Empty(sandbox.Run("$run | Resume-RunctlTraining -SyncCode -WhatIf").Errors);
    }

    [Fact]
    public void Types_and_images_that_do_not_exist_are_named_and_nothing_is_claimed()
    {
        Assert.Empty(sandbox.Start(_project, sandbox.Launch()).Errors);
        Assert.Empty(sandbox.Run("$run | Stop-RunctlTraining").Errors);
        Assert.Equal("InstanceTypeUnknown", sandbox.Run("$run | Resume-RunctlTraining -InstanceType g5.nothing").ErrorId);
        Assert.Equal("ImageNotFound", sandbox.Run("$run | Resume-RunctlTraining -ImageId ami-00000000000000000").ErrorId);
        Assert.Equal("SubnetNotFound", sandbox.Run("$run | Resume-RunctlTraining -SubnetId subnet-00000000").ErrorId);
        Assert.Equal(1, sandbox.Run("$run | Get-RunctlTraining").Single.Attempt);
    }

    [Fact]
    public void Resuming_by_itself_is_refused_where_it_could_not_be_done()
    {
        var nobody = sandbox.Start(_project, sandbox.Instance, "-AutoResume");
        Assert.Equal("AutoResumeNeedsMonitor", nobody.ErrorId);
        Assert.Equal("AutoResumeAttached", sandbox.Run($"Watch-RunctlSpotInterruption {sandbox.Instance} -ProcessName x -AutoResume").ErrorId);
        using var plain = new Runctl.Package.Tests.Support.ModuleSession();
        plain.GoTo(_project.Directory);
        plain.Set("script", _project["train.py"]);
        var without = plain.Run($"Start-RunctlTraining $script {sandbox.Instance} -AutoResume -Region us-east-1 -EndpointUrl {sandbox.Endpoint}");
        Assert.Equal("BucketNotConfigured", without.ErrorId);
        Assert.Contains("-AutoResume", without.Error.ToString());

        sandbox.Enter(_project);
        var unsynced = sandbox.Run($"Start-RunctlTraining $script {sandbox.Instance} -AutoResume");
        Assert.Equal("AutoResumeNeedsCode", unsynced.ErrorId);
        Assert.Contains("-SyncCode", unsynced.Error.ErrorDetails.RecommendedAction);
        string hibernating = sandbox.Run("New-RunctlSpotInstance g5.xlarge -InterruptionBehavior Hibernate -Wait").Single.InstanceId;
        var hibernates = sandbox.Run($"Start-RunctlTraining $script {hibernating} -SyncCode -AutoResume");
        Assert.Equal("AutoResumeHibernates", hibernates.ErrorId);
        Assert.Contains("stopped_instance", hibernates.Error.ErrorDetails.RecommendedAction);
        Assert.Empty(sandbox.Run($"Get-RunctlTraining -InstanceId {hibernating}").Output);
        Assert.Empty(sandbox.Start(_project, sandbox.Launch(), "-ScriptArgument --once").Errors);
        Assert.Equal("AutoResumeNeedsMonitor", sandbox.Run("$run | Resume-RunctlTraining -AutoResume -NoMonitor").ErrorId);
    }

    [Fact]
    public void Resuming_by_itself_that_only_a_file_asks_for_is_passed_over_with_a_warning_where_it_could_not_be_done()
    {
        string instance = sandbox.Launch();
        Assert.Empty(sandbox.Start(_project, instance, "-ScriptArgument --once").Errors);
        _project.Write(".runctl.toml", "[spot]\nauto_resume = true\n");
        var started = sandbox.Run($"$run = Start-RunctlTraining $script {instance} -CheckpointDirectory other -ScriptArgument --once -PollInterval 500ms; $run");
        Assert.Empty(started.Errors);
        Assert.Contains("-SyncCode", Assert.Single(started.Warnings, warning => warning.Contains("auto_resume", StringComparison.Ordinal)));
        Assert.Empty(sandbox.Run("$run | Stop-RunctlTraining").Errors);
    }

    public void Dispose() => _project.Dispose();
}
