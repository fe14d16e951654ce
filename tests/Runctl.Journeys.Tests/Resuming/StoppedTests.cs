using Runctl.Journeys.Tests.Moments;
using Runctl.Journeys.Tests.Sandboxed;
using Runctl.Instances;
using Runctl.Resuming;
using Runctl.Sandbox;

namespace Runctl.Journeys.Tests.Resuming;

/// <summary>Runs whose instance EC2 stops, and that wait for it.</summary>
public sealed class StoppedTests : SandboxedTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(300);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_that_waits_goes_on_by_itself_where_it_was_when_there_is_capacity_again()
    {
        using var run = await Interrupted.StartAsync(Fixture, RunctlInterruptionBehavior.Stop);
        var before = Fixture.Sandbox.Instances.Count;
        var told = new MonitorObserver();
        await using var watcher = Watcher.Begin(Fixture.Cloud, Fixture, run, told, stopped: RunctlStoppedInstance.Wait);
        await run.InterruptAsync(action: "stop");
        await UntilAsync(() => told.Kinds.Contains("InstanceAwaited") && StateOf(run) == "stopped");
        Fixture.Sandbox.ReturnCapacity(run.Training.InstanceId);
        var ended = await told.Ended.Task.WaitAsync(Patience, Token);
        Assert.Equal((2, "finished", run.Training.InstanceId), (ended.Attempt, ended.State, ended.InstanceId));
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
        Assert.Equal(before, Fixture.Sandbox.Instances.Count);
        Assert.Equal(["InstanceAwaited", "ResumeBegun", "InstanceReturned", "TrainingResumed"], told.Kinds.Where(kind => kind is "InstanceAwaited" or "ResumeBegun" or "InstanceReturned" or "ReplacementLaunched" or "TrainingResumed"));
        Assert.Empty(told.Warnings);
        // Its guard counts on, and nothing is told twice.
        Assert.Equal(told.Events.Where(e => e.Sequence > 0).Select(e => e.Sequence).Distinct().Count(), told.Events.Count(e => e.Sequence > 0));
    }

    [Fact]
    public async Task A_run_whose_stopped_instance_is_to_be_replaced_goes_on_elsewhere_at_once_and_the_instance_that_remains_is_named()
    {
        using var run = await Interrupted.StartAsync(Fixture, RunctlInterruptionBehavior.Stop);
        var told = new MonitorObserver();
        await using var watcher = Watcher.Begin(Fixture.Cloud, Fixture, run, told, stopped: RunctlStoppedInstance.Replace);
        await run.InterruptAsync(action: "stop");
        var ended = await told.Ended.Task.WaitAsync(Patience, Token);
        Assert.Equal((2, "finished"), (ended.Attempt, ended.State));
        Assert.NotEqual(run.Training.InstanceId, ended.InstanceId);
        Assert.DoesNotContain("InstanceAwaited", told.Kinds);
        Assert.Contains($"Remove-RunctlInstance {run.Training.InstanceId}", Assert.Single(told.Warnings), StringComparison.Ordinal);
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
        await UntilAsync(() => StateOf(run) == "stopped");
    }

    [Fact]
    public async Task What_only_the_disk_had_when_the_instance_stopped_without_a_notice_is_what_the_run_goes_on_from()
    {
        using var run = await Interrupted.StartAsync(Fixture, RunctlInterruptionBehavior.Stop, mirror: false);
        Fixture.Sandbox.SetConditions(run.Training.InstanceId, new SandboxConditions { Notice = SandboxNoticeMode.None });
        await run.InterruptAsync(window: 1, action: "stop");
        await UntilAsync(() => StateOf(run) == "stopped");
        var plan = await run.Resumer.PlanAsync(new ResumeRequest { RunId = run.Training.RunId, StoppedInstance = RunctlStoppedInstance.Wait, FromScratch = true }, Token);
        Assert.Null(plan.Checkpoint);
        var resuming = run.ResumeAsync(plan);
        Fixture.Sandbox.ReturnCapacity(run.Training.InstanceId);
        var resumed = await resuming.WaitAsync(Patience, Token);
        Assert.Equal((2, plan.WaitsFor), (resumed.Attempt, resumed.InstanceId));
        Assert.NotNull(resumed.ResumedFrom);
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
    }

    [Fact]
    public async Task A_run_that_hibernates_goes_on_in_the_middle_when_it_wakes_and_is_watched_to_its_end()
    {
        using var run = await Interrupted.StartAsync(Fixture, RunctlInterruptionBehavior.Hibernate);
        // Frozen before its guard can have seen the notice.
        Fixture.Sandbox.SetConditions(run.Training.InstanceId, new SandboxConditions { Notice = SandboxNoticeMode.None });
        var told = new MonitorObserver();
        await using var watcher = Watcher.Begin(Fixture.Cloud, Fixture, run, told, stopped: RunctlStoppedInstance.Wait);
        // Soon, while much of the training is left.
        await run.InterruptAsync(window: 2, action: "hibernate");
        await UntilAsync(() => told.Kinds.Contains("InstanceAwaited") && StateOf(run) == "stopped");
        Fixture.Sandbox.ReturnCapacity(run.Training.InstanceId);
        var ended = await told.Ended.Task.WaitAsync(Patience, Token);
        Assert.Equal((1, "finished"), (ended.Attempt, ended.State));
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
        Assert.Equal(told.Events.Where(e => e.Sequence > 0).Select(e => e.Sequence).Distinct().Count(), told.Events.Count(e => e.Sequence > 0));
        Assert.Contains("InstanceReturned", told.Kinds);
    }

    private string StateOf(Interrupted run) => Fixture.Sandbox.Instances.Single(one => one.InstanceId == run.Training.InstanceId).State;

    private static async Task UntilAsync(Func<bool> condition)
    {
        var limit = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < limit);
            await Task.Delay(50, Token);
        }
    }
}
