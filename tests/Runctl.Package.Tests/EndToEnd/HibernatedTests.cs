using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>Hibernation begins at once: there is a notice and no time.</summary>
public sealed class HibernatedTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();

    [Fact]
    public async Task The_instance_stops_at_once_and_keeps_its_disk_and_removing_it_ends_its_request()
    {
        var launched = sandbox.Run("New-RunctlSpotInstance g5.xlarge -InterruptionBehavior Hibernate -Wait").Single;
        string instance = launched.InstanceId;
        Assert.Equal("hibernate", launched.InterruptionBehavior);
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        sandbox.WaitForSteps();
        sandbox.Run("$run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms");
        Assert.True(Eventually.Holds(() => sandbox.Run($"Get-RunctlInstance {instance}").Single.State == "stopped"));
        Assert.True(File.Exists(sandbox.PathOn(instance, $"home/ubuntu/{sandbox.Run("$run.ProjectName").Single}/train.py")));

        // A stopped instance goes with its request.
        Assert.Empty(sandbox.Run($"Remove-RunctlInstance {instance} -Confirm:$false -Wait").Errors);
        Assert.Equal("cancelled", await sandbox.Other.SpotRequestStateAsync(instance));
    }

    [Fact]
    public void The_training_goes_on_in_the_middle_when_there_is_capacity_and_loses_no_step()
    {
        string instance = sandbox.Run("New-RunctlSpotInstance g5.xlarge -InterruptionBehavior Hibernate -Wait").Single.InstanceId;
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        sandbox.WaitForSteps();
        var progress = sandbox.PathOn(instance, $"var/lib/runctl-training/{sandbox.Run("$run.RunId").Single}/progress");

        // Frozen before the guard saw it: whether it does is a matter of moments.
        Assert.Empty(sandbox.Run($"Set-RunctlSandbox -InstanceId {instance} -Notice None").Errors);
        sandbox.Run("$run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms");
        Assert.True(SpinWait.SpinUntil(() => sandbox.Run($"Get-RunctlInstance {instance}").Single.State == "stopped", TimeSpan.FromSeconds(60)));
        var frozen = File.ReadAllText(progress);
        Assert.Empty(sandbox.Run($"Set-RunctlSandbox -InstanceId {instance} -ReturnCapacity").Errors);
        Assert.Equal("running", sandbox.Run($"Start-RunctlInstance {instance} -Wait").Single.State);
        Assert.True(SpinWait.SpinUntil(() => File.ReadAllText(progress).Length > frozen.Length + 50, TimeSpan.FromSeconds(60)));

        var training = sandbox.Run("$run | Get-RunctlTraining").Single;
        Assert.Equal(("running", 1), ((string)training.State, (int)training.Attempt));
        Assert.Empty(sandbox.Run("$run | Stop-RunctlTraining -Confirm:$false").Errors);
        var steps = File.ReadLines(progress).Where(line => line.Length > 0).ToList();
        Assert.StartsWith(frozen, File.ReadAllText(progress), StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, steps.Count).Select(step => $"step {step}"), steps);
        Assert.Equal(steps.Count, sandbox.Run("$run | Get-RunctlCheckpoint -Latest").Single.Step);
    }

    public void Dispose() => _project.Dispose();
}
