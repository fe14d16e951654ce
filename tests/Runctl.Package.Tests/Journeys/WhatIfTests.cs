namespace Runctl.Package.Tests.Journeys;

public sealed class WhatIfTests
{
    [Fact]
    public void WhatIf_names_what_would_be_done_and_does_nothing()
    {
        using var session = new SandboxSession();
        var launch = session.Show("New-RunctlSpotInstance g5.xlarge, g4dn.xlarge -Wait -WhatIf");
        Assert.Matches(@"1 spot instance of g5\.xlarge or g4dn\.xlarge in us-east-1 .* from 0\.\d+ USD an hour", launch.ReplaceLineEndings(" "));
        Assert.Empty(session.Run("Get-RunctlInstance").Output);

        session.Run("$instance = New-RunctlSpotInstance g5.xlarge -Wait");
        Assert.Contains("train.py on i-", session.Show("$instance | Start-RunctlTraining ./train.py -SyncCode -WhatIf"));
        Assert.Empty(session.Run("Get-Job").Output);
        Assert.Contains("Terminate the instance", session.Show("$instance | Remove-RunctlInstance -WhatIf"));
        session.Run("Stop-RunctlSandbox -WhatIf");
        Assert.Equal("running", session.Run("($instance | Get-RunctlInstance).State").Single);
        Assert.Empty(session.Run("Get-RunctlTraining").Output);
    }

    [Fact]
    public void A_training_starts_on_what_names_an_instance()
    {
        using var session = new SandboxSession();
        session.Run("$instance = New-RunctlSpotInstance g5.xlarge -Wait; $run = $instance | Start-RunctlTraining ./train.py -SyncCode -NoMonitor -ScriptArgument '--steps', 4000");
        var id = session.Run("$instance.InstanceId").Single;
        foreach (var place in new[] { "$instance", "$instance.InstanceId", "$run", "$run.RunId", "($run | ConvertTo-Json -Depth 4 | ConvertFrom-Json)", "i-*" })
        {
            Assert.Contains($"train.py on {id}", session.Show($"Start-RunctlTraining ./train.py -InstanceId {place} -SyncCode -WhatIf"));
        }

        Assert.Contains($"train.py on {id}", session.Show("$instance.InstanceId | Start-RunctlTraining ./train.py -SyncCode -WhatIf"));
        Assert.Equal("TrainingNotFound", session.Try("Start-RunctlTraining ./train.py -InstanceId no-such-20260101-000000-abcdef -SyncCode -WhatIf").ErrorId);
        Assert.Equal("TargetMissing", session.Try("Start-RunctlTraining ./train.py -InstanceId ([version]'1.2') -SyncCode -WhatIf").ErrorId);
        Assert.Equal("ParameterArgumentTransformationError", session.Try("Start-RunctlTraining ./train.py -InstanceId $instance, $instance -SyncCode -WhatIf").ErrorId);
        session.Run("$null = New-RunctlSpotInstance g5.xlarge");
        Assert.Equal("NotOneInstance", session.Try("Start-RunctlTraining ./train.py -InstanceId i-* -SyncCode -WhatIf").ErrorId);
    }

    [Fact]
    public void WhatIf_of_a_drill_says_what_becomes_of_the_run_and_which_other_training_goes_with_it()
    {
        using var session = new SandboxSession();
        session.Run("$resumed = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining ./train.py -SyncCode -AutoResume -ScriptArgument '--steps', 4000");
        var alone = session.Show("Invoke-RunctlInterruptionDrill $resumed -WhatIf");
        Assert.Contains("this session resumes it afterwards", alone);
        Assert.DoesNotContain("and with it", alone);
        session.Run("$other = Start-RunctlTraining ./train.py $resumed -SyncCode -NoMonitor -CheckpointDirectory second -ScriptArgument '--steps', 4000");
        Assert.Contains($"and with it the training of {session.Run("$other.RunId").Single}", session.Show("Invoke-RunctlInterruptionDrill $resumed -WhatIf"));
        Assert.Contains($"this session does not resume it afterwards; the sandbox takes the instance, and with it the training of {session.Run("$resumed.RunId").Single}", session.Show("Invoke-RunctlInterruptionDrill $other -WhatIf"));
    }

    [Fact]
    public void WhatIf_of_a_stop_says_that_a_training_has_ended()
    {
        using var session = new SandboxSession();
        session.Run("$run = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining ./train.py -SyncCode -NoMonitor -ScriptArgument '--steps', 2");
        session.Run("$null = $run | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s");
        Assert.Contains("\"Leave the training as it is, since it has ended (finished)\"", session.Show("Stop-RunctlTraining $run -WhatIf"));
    }

    [Fact]
    public void A_job_starts_from_the_checkpoint_in_the_pipeline()
    {
        using var session = new SandboxSession();
        session.Run("$run = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining ./train.py -SyncCode -NoMonitor -ScriptArgument '--steps', 50");
        session.Run("$null = $run | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s; $checkpoint = Get-RunctlCheckpoint $run -Latest");
        session.Run("$next = $checkpoint | Start-RunctlTraining ./train.py -SyncCode -NoMonitor -ScriptArgument '--steps', 100 -InstanceType g5.xlarge -AsJob | Receive-Job -Wait");
        Assert.Equal("epoch_50.json", session.Run("\"$($next.ResumedFrom)\"").Single);
    }
}
