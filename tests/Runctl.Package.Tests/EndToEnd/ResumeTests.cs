namespace Runctl.Package.Tests.EndToEnd;

public sealed class ResumeTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    [Fact]
    public void A_training_goes_on_from_an_object_an_S3_URI_or_a_local_path()
    {
        using var project = new Project();
        sandbox.Train(project, sandbox.Instance, "-ScriptArgument --once");
        Assert.Equal("epoch_0.json", sandbox.Run("$checkpoint = $run | Get-RunctlCheckpoint -Latest; $first = $run | Get-RunctlTraining; $checkpoint.Name").Single);
        project.Write("checkpoints/epoch_7.json", "{\"step\": 7}");
        sandbox.Set("local", project["checkpoints/epoch_7.json"]);
        foreach (var (source, step) in new[] { ("$checkpoint", 0), ("$first", 0), ("$checkpoint.Manifest", 0), ("$local", 7) })
        {
            Assert.Contains($"resumed at {step}\n", sandbox.Train(project, sandbox.Instance, $"-ResumeFrom {source} -ScriptArgument --once"));
        }
    }

    [Fact]
    public async Task The_run_of_a_lost_instance_is_resumed_with_todays_code_and_with_what_is_asked_to_be_different()
    {
        using var project = new Project();
        project.Write(".runctl.toml", "[training]\nresume_arguments = [\"--from\", \"{checkpoint}\"]\n");
        var lost = sandbox.Launch();
        Assert.Empty(sandbox.Start(project, lost, "-ScriptArgument --epochs, 3").Errors);
        sandbox.WaitForSteps();
        Assert.True(sandbox.Run("$report = $run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms; $report").Single.Passed);
        await sandbox.Other.TerminateAsync(lost);
        await sandbox.Other.WaitForAsync(lost, "terminated");
        project.Write("train.py",
            """
            import json, os, sys
            print("today", sys.argv[1:])
            with open(os.environ["RUNCTL_RESUME_FROM"]) as file:
                print("from step", json.load(file)["step"], os.path.relpath(os.environ["RUNCTL_RESUME_FROM"]))
            """);
        dynamic resumed = sandbox.Run($"$resumed = Resume-RunctlTraining {lost} -SyncCode -InstanceType g4dn.xlarge -VolumeSize 150 -ScriptArgument --epochs, 5 -NoMonitor; $resumed").Single;
        Assert.Equal(("g4dn.xlarge", 2), ((string)sandbox.Run("($resumed | Get-RunctlInstance).InstanceType").Single, (int)resumed.Attempt));
        Assert.Contains("150 GiB", await sandbox.Other.DescribeAsync(resumed.InstanceId));
        Assert.Equal(0, sandbox.Run("$resumed | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s").Single.ExitCode);
        var name = sandbox.Run("$report.Checkpoint.Name").Single;
        var log = string.Join('\n', sandbox.Run("Get-RunctlTrainingLog $resumed").Output);
        Assert.Contains($"today ['--epochs', '5', '--from', 'checkpoints/{name}']", log);
        Assert.Contains($"from step {sandbox.Run("$report.LastStep").Single} checkpoints/{name}", log);
    }
}
