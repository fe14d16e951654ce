using Runctl.Journeys.Tests.Moments;
using Runctl.Journeys.Tests.Sandboxed;
using Runctl.Sandbox;

namespace Runctl.Journeys.Tests.Resuming;

public sealed class AutoResumeTests : SandboxedTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(300);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_interrupted_run_goes_on_elsewhere_by_itself_and_is_watched_to_its_end()
    {
        using var run = await Interrupted.StartAsync(Fixture);
        var told = new MonitorObserver();
        await using var watcher = Watcher.Begin(Fixture.Cloud, Fixture, run, told);
        await run.InterruptAsync();
        var ended = await told.Ended.Task.WaitAsync(Patience, Token);
        Assert.Equal((2, "finished"), (ended.Attempt, ended.State));
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
        Assert.Subset(told.Kinds.ToHashSet(), new HashSet<string> { "InterruptionDetected", "ResumeBegun", "ReplacementLaunched", "TrainingResumed", "TrainingFinished" });
        Assert.Equal(["interrupted", "finished"], (await run.OutcomeAsync()).Attempts.Select(a => a.State));
    }

    [Fact]
    public async Task Of_two_sessions_one_resumes_and_the_other_is_told_and_launches_nothing()
    {
        using var run = await Interrupted.StartAsync(Fixture);
        var before = Fixture.Sandbox.Instances.Count;
        var (first, second) = (new MonitorObserver(), new MonitorObserver());
        using var other = Fixture.Connect();
        await using var a = Watcher.Begin(Fixture.Cloud, Fixture, run, first);
        await using var b = Watcher.Begin(other, Fixture, run, second);
        await run.InterruptAsync();
        await Task.WhenAll(first.Ended.Task, second.Ended.Task).WaitAsync(Patience, Token);
        Assert.Equal(before + 1, Fixture.Sandbox.Instances.Count);
        var loser = first.Kinds.Contains("TrainingResumed") ? second : first;
        Assert.DoesNotContain("ReplacementLaunched", loser.Kinds);
        Assert.Contains(loser.Warnings, warning => warning.Contains("is being resumed already", StringComparison.Ordinal));
        Assert.Equal(2, (await run.RecordAsync()).Attempts.Count);
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
    }

    [Theory]
    [InlineData("finished")]
    [InlineData("failed")]
    [InlineData("stopped")]
    public async Task A_run_that_finishes_or_fails_by_itself_or_is_stopped_is_not_resumed(string end)
    {
        using var run = await Interrupted.StartAsync(Fixture, fails: end == "failed");
        var before = Fixture.Sandbox.Instances.Count;
        var told = new MonitorObserver();
        await using var watcher = Watcher.Begin(Fixture.Cloud, Fixture, run, told);
        if (end == "stopped")
        {
            await run.UploadAsync();
            await run.StopAsync();
        }

        Assert.Equal(end, (await told.Ended.Task.WaitAsync(Patience, Token)).State);
        Assert.Equal(before, Fixture.Sandbox.Instances.Count);
        Assert.DoesNotContain("ResumeBegun", told.Kinds);
        Assert.Single((await run.RecordAsync()).Attempts);
    }

    [Fact]
    public async Task A_run_that_was_taken_before_anything_of_it_was_in_S3_begins_anew_with_a_warning()
    {
        using var run = await Interrupted.StartAsync(Fixture, mirror: false);
        Fixture.Sandbox.SetConditions(run.Training.InstanceId, new SandboxConditions { Notice = SandboxNoticeMode.None });
        var told = new MonitorObserver();
        await using var watcher = Watcher.Begin(Fixture.Cloud, Fixture, run, told);
        await Fixture.Sandbox.InterruptAsync(run.Training.InstanceId, TimeSpan.FromSeconds(1));
        var ended = await told.Ended.Task.WaitAsync(Patience, Token);
        Assert.Equal((2, "finished"), (ended.Attempt, ended.State));
        Assert.Null(ended.ResumedFrom);
        Assert.Contains(told.Warnings, warning => warning.Contains("it starts from the beginning", StringComparison.Ordinal));
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
    }

    [Fact]
    public async Task A_machine_that_is_taken_without_a_notice_is_replaced()
    {
        using var taken = await Interrupted.StartAsync(Fixture);
        Fixture.Sandbox.SetConditions(taken.Training.InstanceId, new SandboxConditions { Notice = SandboxNoticeMode.None });
        var told = new MonitorObserver();
        await using var watcher = Watcher.Begin(Fixture.Cloud, Fixture, taken, told);
        await taken.InterruptAsync(window: 1);
        Assert.Equal((2, "finished"), ((await told.Ended.Task.WaitAsync(Patience, Token)) is var ended ? ended.Attempt : 0, ended.State));
        Assert.Equal("lost", (await taken.RecordAsync()).Attempts[0].State);
        Assert.Equal(await Undisturbed.WeightsAsync(), await taken.WeightsAsync());
    }

    [Fact]
    public async Task A_machine_that_its_owner_ends_is_not_replaced()
    {
        using var removed = await Interrupted.StartAsync(Fixture);
        var before = Fixture.Sandbox.Instances.Count;
        var observer = new MonitorObserver();
        await using var watcher = Watcher.Begin(Fixture.Cloud, Fixture, removed, observer);
        await Fixture.Cloud.Instances.TerminateAsync([removed.Training.InstanceId], Token);
        await observer.Ended.Task.WaitAsync(Patience, Token);
        Assert.Equal(before, Fixture.Sandbox.Instances.Count);
        Assert.Contains(observer.Warnings, warning => warning.Contains("ended by its owner", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_more_than_max_resumes_are_made()
    {
        using var run = await Interrupted.StartAsync(Fixture);
        var told = new MonitorObserver();
        await using var watcher = Watcher.Begin(Fixture.Cloud, Fixture, run, told, mostResumes: 0);
        await run.InterruptAsync();
        Assert.Equal("interrupted", (await told.Ended.Task.WaitAsync(Patience, Token)).State);
        Assert.Contains(told.Warnings, warning => warning.Contains("max_resumes", StringComparison.Ordinal));
        Assert.Single((await run.RecordAsync()).Attempts);
    }
}
