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
        sandbox.Run("$run | Invoke-RunctlInterruptionDrill -Window 25s -PollInterval 500ms");
        Assert.True(Eventually.Holds(() => sandbox.Run($"Get-RunctlInstance {instance}").Single.State == "stopped"));
        Assert.True(File.Exists(sandbox.PathOn(instance, $"home/ubuntu/{sandbox.Run("$run.ProjectName").Single}/train.py")));

        // A stopped instance goes with its request.
        Assert.Empty(sandbox.Run($"Remove-RunctlInstance {instance} -Confirm:$false -Wait").Errors);
        Assert.Equal("cancelled", await sandbox.Other.SpotRequestStateAsync(instance));
    }

    public void Dispose() => _project.Dispose();
}
