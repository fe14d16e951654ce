using Runctl.Journeys.Tests.Moments;
using Runctl.Journeys.Tests.Sandboxed;
using Runctl.Checkpoints;
using Runctl.Errors;
using Runctl.Resuming;
using Runctl.Runs;
using Runctl.Sandbox;

namespace Runctl.Journeys.Tests.Resuming;

public sealed class ByHandTests : SandboxedTest
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_resumed_run_ends_with_the_weights_of_the_undisturbed_one()
    {
        using var run = await Interrupted.StartAsync(Fixture);
        Assert.Equal("RunStillAlive", (await run.RefusedAsync()).Id);
        await run.InterruptAsync();
        await run.EndAsync();
        var lost = run.Training.InstanceId;
        var plan = await run.PlanAsync();
        Assert.NotNull(plan.Checkpoint);
        Assert.Contains(plan.Checkpoint.Name, plan.Description, StringComparison.Ordinal);
        var resumed = await run.ResumeAsync(plan);
        Assert.Equal((2, plan.Checkpoint.Manifest), (resumed.Attempt, resumed.ResumedFrom!.Manifest));
        Assert.NotEqual(lost, resumed.InstanceId);
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
        await run.EndAsync();
        var record = await run.RecordAsync();
        Assert.Equal(["interrupted", "finished"], record.Attempts.Select(a => a.State));
        Assert.Equal("finished", record.Outcome);
        Assert.Equal("RunFinished", (await run.RefusedAsync()).Id);
    }

    [Fact]
    public async Task An_instance_that_still_saves_is_waited_for_with_the_replacement_launched_meanwhile()
    {
        using var run = await Interrupted.StartAsync(Fixture);
        Fixture.Sandbox.SetConditions(run.Training.InstanceId, new SandboxConditions { LinkBytesPerSecond = 1_000 });
        var first = run.Training;
        var scene = run.Scene;
        var isLaunchedMeanwhile = false;
        // It saves until the replacement is launched, however long that takes.
        run.Launched = _ =>
        {
            isLaunchedMeanwhile = !scene.IsOver;
            Fixture.Sandbox.SetConditions(first.InstanceId, new SandboxConditions());
        };
        await run.InterruptAsync(window: 60);
        // As a monitor does, which hears of it from the guard before it is in S3.
        var resumed = await run.ResumeAsync(await run.Resumer.PlanAsync(new ResumeRequest { RunId = first.RunId, Interrupted = 1 }, Token));
        var record = await run.RecordAsync();
        // What it began from is the newest that was ever committed, however late that was.
        await foreach (var newest in run.Checkpoints.FindAsync(first.RunId, first.InstanceId, null, Token))
        {
            Assert.Equal(newest.Manifest, resumed.ResumedFrom!.Manifest);
            break;
        }

        Assert.True(isLaunchedMeanwhile);
        Assert.True(record.Attempts[1].Claimed < (record.Attempts[0].Ended ?? DateTimeOffset.MaxValue));
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
    }

    [Fact]
    public async Task A_checkpoint_whose_bytes_were_changed_is_passed_over_and_none_at_all_is_an_error_unless_it_may_begin_anew()
    {
        using var run = await Interrupted.StartAsync(Fixture);
        // A periodic one and the last.
        await run.UploadAsync();
        await run.InterruptAsync();
        await run.EndAsync();
        var good = await run.PlanAsync();
        var all = new List<RunctlCheckpoint>();
        await foreach (var checkpoint in run.Checkpoints.FindAsync(run.Training.RunId, null, null, Token))
        {
            all.Add(checkpoint);
        }

        Assert.True(all.Count > 1);
        Assert.Equal(good.Checkpoint!.Manifest, all[0].Manifest);
        using var administrator = Fixture.ConnectAdministrator();
        foreach (var checkpoint in all)
        {
            var head = checkpoint.Files.Single(file => file.Path == checkpoint.Name);
            await administrator.Objects.WriteAsync(checkpoint.S3Bucket, head.Key!, new byte[head.Size], Runctl.Ports.WriteCondition.Always, Token);
            if (checkpoint == all[0])
            {
                var next = await run.PlanAsync();
                Assert.Equal(all[1].Manifest, next.Checkpoint!.Manifest);
                Assert.Contains(good.Checkpoint.Name, Assert.Single(next.Warnings), StringComparison.Ordinal);
            }
        }

        var refused = await run.RefusedAsync();
        Assert.Equal("NoGoodCheckpoint", refused.Id);
        Assert.Contains("-FromScratch", refused.RecommendedAction, StringComparison.Ordinal);
        var resumed = await run.ResumeAsync(await run.PlanAsync(fromScratch: true));
        Assert.Null(resumed.ResumedFrom);
    }

    [Fact]
    public async Task What_a_loser_has_launched_is_terminated_and_the_run_is_the_others()
    {
        using var run = await Interrupted.StartAsync(Fixture);
        await run.StopAsync();
        // Another takes the run over while the replacement is being launched.
        run.Claimed = () => new RunClaim(run.Store, run.Training.RunId, "another", TimeProvider.System).TakeAsync(2, force: true, Token).GetAwaiter().GetResult();
        run.Launched = _ => Assert.Fail("Nobody is to be told of an instance that is given up.");
        var before = Fixture.Sandbox.Instances.Select(one => one.InstanceId).ToHashSet();
        var plan = await run.PlanAsync();
        Assert.Equal("ResumeTaken", (await Assert.ThrowsAsync<RunctlException>(() => run.ResumeAsync(plan))).Id);
        Assert.Contains(Assert.Single(Fixture.Sandbox.Instances, one => !before.Contains(one.InstanceId)).State, (string[])["shutting-down", "terminated"]);
        var record = await run.RecordAsync();
        Assert.Equal((3, "claimed", "another"), (record.Newest()!.Number, record.Newest()!.State, record.Newest()!.ClaimedBy));
    }
}
