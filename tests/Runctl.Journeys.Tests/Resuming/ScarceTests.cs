using Runctl.Journeys.Tests.Moments;
using Runctl.Journeys.Tests.Sandboxed;

namespace Runctl.Journeys.Tests.Resuming;

/// <summary>Runs that resume by themselves where EC2 has no room for a replacement.</summary>
public sealed class ScarceTests : SandboxedTest
{
    private const string Type = "g5.xlarge";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(300);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_replacement_for_which_the_quota_and_then_the_capacity_lacks_is_launched_when_there_is_both()
    {
        // One instance of the type.
        Fixture.Sandbox.SpotVcpuQuota = 4;
        using var run = await Interrupted.StartAsync(Fixture);
        var lost = run.Training.InstanceId;
        var told = new MonitorObserver();
        await using var watcher = Watcher.Begin(Fixture.Cloud, Fixture, run, told);
        await run.InterruptAsync(window: 12);
        await WarningAsync(told, $"quota does not allow a replacement beside {lost}");
        Assert.DoesNotContain("ReplacementLaunched", told.Kinds);
        Fixture.Sandbox.PoolErrors[Type] = "InsufficientInstanceCapacity";
        await WarningAsync(told, $"No replacement of {lost} yet");
        Assert.Equal("terminated", Assert.Single(Fixture.Sandbox.Instances).State);
        Fixture.Sandbox.PoolErrors.Remove(Type);
        var ended = await told.Ended.Task.WaitAsync(Patience, Token);
        Assert.Equal((2, "finished"), (ended.Attempt, ended.State));
        Assert.Equal(2, Fixture.Sandbox.Instances.Count);
        // It was claimed once for all tries.
        Assert.Single(told.Kinds, "ResumeBegun");
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
    }

    private static async Task WarningAsync(MonitorObserver told, string text)
    {
        var limit = DateTime.UtcNow + Patience;
        while (!told.Warnings.Any(warning => warning.Contains(text, StringComparison.Ordinal)))
        {
            Assert.True(DateTime.UtcNow < limit && !told.Ended.Task.IsCompleted, string.Join('\n', [.. told.Kinds, .. told.Warnings]));
            await Task.Delay(50, Token);
        }
    }
}
