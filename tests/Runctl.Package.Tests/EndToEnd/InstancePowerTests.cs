using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>Instances that their owner stops, starts and removes.</summary>
public sealed class InstancePowerTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();

    [Fact]
    public void A_training_is_never_cut_off_and_with_Force_it_saves_first_and_the_instance_comes_back_with_its_disk()
    {
        var instance = LaunchStoppable();
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        sandbox.WaitForSteps();
        foreach (var command in new[] { "Stop-RunctlInstance", "Remove-RunctlInstance" })
        {
            var refused = sandbox.Run($"{command} {instance} -Confirm:$false");
            Assert.Equal("TrainingOnInstance", refused.ErrorId);
            Assert.Contains((string)sandbox.Run("$run.RunId").Single, refused.Error.ToString());
            Assert.Contains("-Force", refused.Error.ErrorDetails.RecommendedAction);
        }

        var listed = sandbox.Run($"Get-RunctlInstance {instance}").Single;
        Assert.Equal(((string)sandbox.Run("$run.RunId").Single, "running"), ((string)listed.RunId, (string)listed.TrainingState));
        Assert.True(listed.Cost > 0m && listed.HourlyPrice > 0m && listed.Age > TimeSpan.Zero);

        Assert.Equal("stopped", sandbox.Run($"Stop-RunctlInstance {instance} -Force -Wait").Single.State);
        var checkpoint = sandbox.Run("$run | Get-RunctlCheckpoint -Latest").Single;
        Assert.Equal("manual", checkpoint.Reason);
        var path = sandbox.PathOn(instance, $"home/ubuntu/{sandbox.Run("$run.ProjectName").Single}/checkpoints/{checkpoint.Name}");
        Assert.True(File.Exists(path));
        Assert.Equal("stopped", sandbox.Run($"Stop-RunctlInstance {instance}").Single.State);

        Assert.Equal("running", sandbox.Run($"Start-RunctlInstance {instance} -Wait").Single.State);
        Assert.True(File.Exists(path));
        Assert.Equal("running", sandbox.Run($"Start-RunctlInstance {instance}").Single.State);
    }

    [Fact]
    public void After_a_no_the_next_instance_is_asked_about_before_anything_of_it_can_fail()
    {
        var busy = sandbox.Launch();
        Assert.Empty(sandbox.Start(_project, busy).Errors);
        sandbox.WaitForSteps();
        sandbox.Answer('N', 'N');
        Assert.Empty(sandbox.Run($"Remove-RunctlInstance {sandbox.Launch()}, {busy} -Confirm").Errors);
    }

    [Fact]
    public void A_checkpoint_that_does_not_get_to_S3_keeps_its_instance()
    {
        var instance = sandbox.Launch();
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        sandbox.WaitForSteps();
        sandbox.Fault($"Operation = 's3:PutObject'; Kind = 'ClientError'; Code = 'AccessDenied'; Key = 'checkpoints/spot-interruptions/*'; InstanceId = '{instance}'");
        var refused = sandbox.Run($"Remove-RunctlInstance {instance} -Force -Confirm:$false");
        Assert.Equal("CheckpointNotSaved", refused.ErrorId);
        Assert.Contains($"{instance} is left alone", refused.Error.ToString());
        Assert.Equal("running", sandbox.Run($"Get-RunctlInstance {instance}").Single.State);

        // Nothing is cut off any more: what is only on the disk is the user's to give up.
        Assert.Empty(sandbox.Run($"Remove-RunctlInstance {instance} -Confirm:$false -Wait").Errors);
    }

    [Fact]
    public void A_one_time_spot_instance_can_not_be_stopped_and_it_is_said_what_to_do_instead()
    {
        var refused = sandbox.Run($"Stop-RunctlInstance {sandbox.Instance}");
        Assert.Equal("SpotNotStoppable", refused.ErrorId);
        Assert.Contains("one-time request", refused.Error.ToString());
        Assert.Contains("-InterruptionBehavior Stop", refused.Error.ErrorDetails.RecommendedAction);
        Assert.Equal("running", sandbox.Run($"Get-RunctlInstance {sandbox.Instance}").Single.State);
    }

    [Fact]
    public void Of_several_the_failure_of_one_does_not_keep_the_others()
    {
        var (first, second) = (LaunchStoppable(), LaunchStoppable());
        var stopped = sandbox.Run($"'{first}', 'i-00000000000000000', '{second}' | Stop-RunctlInstance -Wait");
        Assert.Equal("InstanceNotFound", stopped.ErrorId);
        Assert.Equal([first, second], stopped.Output.Select(item => (string)((dynamic)item.BaseObject).InstanceId));
        Assert.All(stopped.Output, item => Assert.Equal("stopped", ((dynamic)item.BaseObject).State));

        var shown = sandbox.Show($"Start-RunctlInstance {first} -WhatIf; Remove-RunctlInstance {first} -WhatIf");
        Assert.Contains($"\"Start the instance\" on target \"{first} (g5.xlarge in us-east-1", shown);
        Assert.Contains("Terminate the instance", shown);
        Assert.Empty(sandbox.Run($"Get-RunctlInstance {first}, {second} | Remove-RunctlInstance -Confirm:$false -Wait").Errors);
        var gone = sandbox.Run($"Start-RunctlInstance {first}");
        Assert.Equal("InstanceNotRunning", gone.ErrorId);
        Assert.Equal("InstanceNotRunning", sandbox.Run($"Stop-RunctlInstance {first}").ErrorId);
    }

    [Fact]
    public async Task One_that_is_not_ours_is_acted_on_only_by_hand_and_when_it_is_confirmed()
    {
        sandbox.AllowAnyInstance();
        var instance = await sandbox.Other.LaunchAsync((string)sandbox.Run("$sandbox.IamInstanceProfile").Single);
        await sandbox.Other.WaitForAsync(instance, "running");
        foreach (var refused in new[] { $"Stop-RunctlInstance {instance} -Confirm:$false", $"'{instance}' | Stop-RunctlInstance -Force", $"Get-RunctlInstance {instance} | Remove-RunctlInstance -Force -Confirm:$false" })
        {
            Assert.Equal("InstanceNotManaged", sandbox.Run(refused).ErrorId);
        }

        sandbox.Answer('N');
        Assert.Empty(sandbox.Run($"Stop-RunctlInstance {instance}").Output);
        Assert.Equal("running", sandbox.Run($"Get-RunctlInstance {instance}").Single.State);

        sandbox.Answer('Y');
        Assert.Equal("stopped", sandbox.Run($"Stop-RunctlInstance {instance} -Wait").Single.State);
        Assert.Equal("running", sandbox.Run($"Start-RunctlInstance {instance} -Force -Wait").Single.State);
        Assert.Empty(sandbox.Run($"Remove-RunctlInstance {instance} -Force -Confirm:$false -Wait").Errors);
        Assert.Equal("terminated", sandbox.Run($"Get-RunctlInstance {instance}").Single.State);
    }

    [Fact]
    public async Task The_price_of_an_on_demand_instance_is_known_by_configuration_only()
    {
        sandbox.AllowAnyInstance();
        var instance = await sandbox.Other.LaunchAsync(null);
        await sandbox.Other.WaitForAsync(instance, "running");
        var unknown = sandbox.Run($"Get-RunctlInstance {instance}").Single;
        Assert.Null(unknown.HourlyPrice);
        Assert.Null(unknown.Cost);
        _project.Write(".runctl.toml", "[prices]\n\"g5.xlarge\" = 3600.0\n");
        sandbox.Enter(_project);
        var known = sandbox.Run($"Get-RunctlInstance {instance}").Single;
        Assert.Equal(3600m, known.HourlyPrice);
        Assert.Equal((decimal)known.Age.TotalSeconds, (decimal)known.Cost, 3);
        await sandbox.Other.TerminateAsync(instance);
    }

    [Fact]
    public void A_guard_that_can_not_be_asked_keeps_the_instance_unless_it_is_forced()
    {
        var instance = sandbox.Launch();
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        Assert.Empty(sandbox.Run($"Set-RunctlSandbox -InstanceId {instance} -SsmOffline").Errors);
        var refused = sandbox.Run($"Remove-RunctlInstance {instance} -Confirm:$false");
        Assert.Equal("TrainingsUnknown", refused.ErrorId);
        Assert.Equal("running", sandbox.Run($"Get-RunctlInstance {instance}").Single.State);
        var forced = sandbox.Run($"Remove-RunctlInstance {instance} -Force -Confirm:$false -Wait");
        Assert.Empty(forced.Errors);
        Assert.Contains(forced.Warnings, warning => warning.Contains(instance, StringComparison.Ordinal) && warning.Contains("-Force", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_launch_that_is_stopped_leaves_neither_instance_nor_request()
    {
        sandbox.Stop("New-RunctlSpotInstance g5.2xlarge -InterruptionBehavior Stop -Wait", TimeSpan.FromSeconds(1));
        Assert.True(Eventually.Holds(() => sandbox.Run("Get-RunctlInstance -All | Where-Object InstanceType -eq g5.2xlarge").Output.Count == 0));
        Assert.True(await sandbox.Other.NoSpotRequestStandsAsync("g5.2xlarge"));
    }

    public void Dispose()
    {
        sandbox.Run("Set-RunctlSandbox -ClearFault");
        _project.Dispose();
    }

    private string LaunchStoppable() => sandbox.Run("New-RunctlSpotInstance g5.xlarge -InterruptionBehavior Stop -Wait").Single.InstanceId;
}
