using System.Globalization;
using Runctl.Events;

namespace Runctl.Journeys.Tests.Sandboxed;

/// <summary>What a monitor does for a guard that died: real clients, real guard, real processes.</summary>
public sealed class MonitorRepairTests : SandboxedTest
{
    private static readonly string[] Sequence =
    [
        EventKinds.InterruptionDetected, EventKinds.InterruptionTime, EventKinds.TrainingSignalled,
        EventKinds.TrainingExited, EventKinds.CheckpointSaved, EventKinds.CheckpointUploaded, EventKinds.InterruptionHandled,
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dead_guard_is_started_again_and_the_training_never_notices()
    {
        await using var training = await WatchedTraining.StartAsync(Fixture);
        var before = training.GuardPid();
        await training.KillGuardAsync();
        training.Watch();
        await WatchedTraining.UntilAsync(() => training.Told.Warnings.Count == 2);
        Assert.NotEqual(before, training.GuardPid());
        Assert.Equal([$"The guard on {training.InstanceId} is not running; starting it again.", $"The guard on {training.InstanceId} runs again."], training.Told.Warnings);
        Assert.Equal("", training.Signals);
    }

    [Fact]
    public async Task A_notice_without_a_guard_that_could_be_started_reaches_the_training_over_SSM_once_and_its_checkpoint_is_committed()
    {
        await using var training = await WatchedTraining.StartAsync(Fixture);
        await training.LoseGuardAsync();
        await Fixture.Sandbox.InterruptAsync(training.InstanceId, TimeSpan.FromSeconds(40));
        training.Watch();
        Assert.Equal("interrupted", (await training.EndAsync()).State);
        Assert.Equal(Sequence, training.Told.Kinds.Where(Sequence.Contains));
        Assert.Equal("x", training.Signals);
        var detected = training.Told.Events.Single(e => e.Kind == EventKinds.InterruptionDetected).Details;
        Assert.Equal("monitor", detected.GetProperty("source").GetString());
        Assert.Equal("uploaded", training.Told.Events[^1].Details.GetProperty("outcome").GetString());
        var manifest = $"checkpoints/spot-interruptions/{training.InstanceId}/checkpoints/step_7.json.manifest.json";
        Assert.NotNull(await Fixture.Cloud.Objects.FindAsync(Fixture.Sandbox.Bucket, manifest, Token));
        Assert.Single(training.Told.Warnings, w => w.Contains("runs the save sequence over SSM", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_guard_that_hangs_is_stood_in_for_and_signals_nobody_again_when_it_comes_back()
    {
        await using var training = await WatchedTraining.StartAsync(Fixture);
        var guard = training.GuardPid()!.Value.ToString(CultureInfo.InvariantCulture);
        await training.ShellAsync("kill -STOP " + guard);
        await Fixture.Sandbox.InterruptAsync(training.InstanceId, TimeSpan.FromSeconds(60));
        training.Watch();
        await WatchedTraining.UntilAsync(() => training.Signals.Length > 0);
        await training.ShellAsync("kill -CONT " + guard);
        await AssertOnceAsync(training);
    }

    [Fact]
    public async Task A_notice_that_guard_and_monitor_see_at_once_is_signalled_once_and_has_one_final_event()
    {
        await using var training = await WatchedTraining.StartAsync(Fixture);
        var deadline = await Fixture.Sandbox.InterruptAsync(training.InstanceId, TimeSpan.FromSeconds(40));
        string[] interrupt = ["interrupt", "--run", training.Training.RunId, "--deadline", deadline.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), "--source", "monitor"];
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => training.BeginAsync(interrupt)));
        training.Watch();
        await AssertOnceAsync(training);
    }

    private static async Task AssertOnceAsync(WatchedTraining training)
    {
        Assert.Equal("interrupted", (await training.EndAsync()).State);
        Assert.Equal("x", training.Signals);
        Assert.Equal(Sequence, training.Told.Kinds.Where(Sequence.Contains));
        Assert.Equal(training.Told.Events.Select((_, i) => i + 1L), training.Told.Events.Select(e => e.Sequence));
    }
}
