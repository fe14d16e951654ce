namespace Runctl.Package.Tests.EndToEnd;

public sealed class OnDemandTests(NoSpotCapacityFixture sandbox) : IClassFixture<NoSpotCapacityFixture>
{
    [Fact]
    public void Without_spot_capacity_the_launch_says_why_it_failed()
    {
        var result = sandbox.Run("New-RunctlSpotInstance g5.xlarge");
        Assert.Equal("LaunchFailed", result.ErrorId);
        Assert.Contains("g5.xlarge", result.Error.ToString());
    }

    [Fact]
    public void The_fallback_launches_on_demand_and_says_why_there_is_no_monitor()
    {
        using var project = new Project();
        var instance = sandbox.Run("$instance = New-RunctlSpotInstance g5.xlarge -OnDemandFallback -Wait; $instance").Single;
        Assert.False(instance.IsSpot);
        sandbox.Enter(project);
        var started = sandbox.Run("$run = $instance | Start-RunctlTraining $script -SyncCode; $run");
        Assert.Empty(started.Errors);
        Assert.Contains(started.Warnings, warning => warning.Contains("not a spot instance", StringComparison.Ordinal) && warning.Contains("no monitor job", StringComparison.Ordinal));
        Assert.Null(started.Single.MonitorJob);
        Assert.Equal("stopped", sandbox.Run("$run | Stop-RunctlTraining").Single.State);
    }
}
