using Runctl.Resuming;
using Runctl.Adapters.Tests.Moments;
using Runctl.Adapters.Tests.Sandboxed;
using Runctl.Sandbox;

namespace Runctl.Adapters.Tests.Resuming;

public sealed class ByHandTests(SandboxFixture fixture) : IClassFixture<SandboxFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_resumed_run_ends_with_the_weights_of_the_undisturbed_one()
    {
        using var run = await Interrupted.StartAsync(fixture);
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
        using var run = await Interrupted.StartAsync(fixture);
        fixture.Sandbox.SetConditions(run.Training.InstanceId, new SandboxConditions { LinkBytesPerSecond = 1_000 });
        var first = run.Training;
        // It saves until the run is claimed, however long that takes.
        run.Claimed = () => fixture.Sandbox.SetConditions(first.InstanceId, new SandboxConditions());
        await run.InterruptAsync(window: 60);
        // As a monitor does, which hears of it from the guard before it is in S3.
        var resumed = await run.ResumeAsync(await run.Resumer.PlanAsync(new ResumeRequest { RunId = first.RunId, Interrupted = 1 }, Token));
        var record = await run.RecordAsync();
        // What it began from is the newest that was ever committed, however late that was.
        var catalog = new Runctl.Checkpoints.CheckpointCatalog(fixture.Cloud, fixture.Configuration);
        await foreach (var newest in catalog.FindAsync(first.RunId, first.InstanceId, null, Token))
        {
            Assert.Equal(newest.Manifest, resumed.ResumedFrom!.Manifest);
            break;
        }

        Assert.True(record.Attempts[1].Claimed < (record.Attempts[0].Ended ?? DateTimeOffset.MaxValue));
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_checkpoint_that_does_not_get_to_s3_is_waited_for_and_with_force_the_run_goes_on_from_an_older_one(bool force)
    {
        using var run = await Interrupted.StartAsync(fixture);
        var first = run.Training.InstanceId;
        var refusing = fixture.Sandbox.Faults.Add(new SandboxFault { Operation = "s3:PutObject", Kind = SandboxFaultKind.ClientError, Key = "*/step_*", InstanceId = first });
        await run.Scene.ReachAsync(scene => scene.HasCheckpoint, Token);
        await run.InterruptAsync(window: 600);
        await run.EndAsync();
        var plan = await run.PlanAsync(force: force);
        Assert.Contains(plan.Warnings, warning => warning.Contains("step_", StringComparison.Ordinal) && warning.Contains($"on the disk of {first} only", StringComparison.Ordinal));

        run.Told = what =>
        {
            if (what.Contains("Waiting for step_", StringComparison.Ordinal))
            {
                refusing.Remove();
            }
        };
        var resumed = await run.ResumeAsync(plan);
        Assert.StartsWith(force ? "epoch_" : "step_", resumed.ResumedFrom!.Name, StringComparison.Ordinal);
        Assert.NotEqual(first, resumed.InstanceId);
        refusing.Remove();
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
    }

    [Fact]
    public async Task A_checkpoint_whose_bytes_were_changed_is_passed_over_and_none_at_all_is_an_error_unless_it_may_begin_anew()
    {
        using var run = await Interrupted.StartAsync(fixture);
        await run.InterruptAsync();
        await run.EndAsync();
        var good = await run.PlanAsync();
        var catalog = new Runctl.Checkpoints.CheckpointCatalog(fixture.Cloud, fixture.Configuration);
        var all = new List<Runctl.Checkpoints.RunctlCheckpoint>();
        await foreach (var checkpoint in catalog.FindAsync(run.Training.RunId, null, null, Token))
        {
            all.Add(checkpoint);
        }

        foreach (var checkpoint in all)
        {
            await fixture.Cloud.Objects.WriteAsync(checkpoint.S3Bucket, checkpoint.Files[0].Key, new byte[checkpoint.Files[0].Size], Runctl.Ports.WriteCondition.Always, Token);
            if (checkpoint.Manifest == good.Checkpoint!.Manifest && all.Count > 1)
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
}
