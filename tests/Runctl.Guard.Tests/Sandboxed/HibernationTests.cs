using System.Globalization;
using System.Text.Json;
using Runctl.Sandbox;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>Instances that hibernate and wake: guard and training stand still together, and go on together.</summary>
public sealed class HibernationTests(GuardSandbox sandbox)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_training_that_was_frozen_before_anybody_saw_the_notice_goes_on_counting_where_it_was()
    {
        await using var run = await sandbox.StartAsync(Python.Beginning + """
            step = 0
            ready()
            while not os.path.exists("enough"):
                step += 1
                print("step", step, flush=True)
                time.sleep(0.05)
            """);
        await run.PrintedAsync("step 5");
        sandbox.Sandbox.SetConditions(run.InstanceId, sandbox.Sandbox.GetConditions(run.InstanceId) with { Notice = SandboxNoticeMode.None });
        await TakeAsync(run);
        var frozen = Steps(run);
        await ReturnAsync(run);
        await GuardedRun.EventuallyAsync(() => Steps(run).Count > frozen.Count + 5, run.Tell);
        await File.WriteAllTextAsync(Path.Combine(run.Project, "enough"), "", Ct);
        await run.WaitForAsync("TrainingFinished");
        Assert.Equal(Enumerable.Range(1, Steps(run).Count), Steps(run));
        Assert.Equal((0, 1), (run.CountOf("InterruptionDetected"), run.CountOf("TrainingStarted")));
    }

    [Fact]
    public async Task What_is_frozen_in_the_middle_of_its_save_saves_to_the_end_and_the_training_starts_again_there()
    {
        await using var run = await sandbox.StartAsync(Python.Beginning + """
            print(" ".join(sys.argv[1:]), flush=True)
            def save():
                with open(path("step_1.json"), "w") as f:
                    f.write('{"step"')
                    f.flush()
                    ready("saving")
                    while not os.path.exists("go_on"):
                        time.sleep(0.05)
                    f.write(": 1}")
            at_signal(save)
            os.makedirs(there, exist_ok=True)
            wait()
            """, graceSeconds: 10);
        await run.PrintedAsync("ready");
        var deadline = DateTime.UtcNow.AddSeconds(15).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var told = run.CallAsync("interrupt", "--run", run.Id, "--deadline", deadline, "--source", "monitor", "--action", "hibernate");
        await run.PrintedAsync("saving");
        await TakeAsync(run);
        await File.WriteAllTextAsync(Path.Combine(run.Project, "go_on"), "", Ct);

        // Longer than the notice and the grace period; that time is not the training's.
        await Task.Delay(TimeSpan.FromSeconds(17), Ct);
        Assert.Equal("{\"step\"", run.ReadProject("checkpoints/step_1.json"));
        await ReturnAsync(run);
        var handled = await run.WaitForAsync("InterruptionHandled");
        Assert.Equal(("uploaded", 0, "step_1.json"), (handled.GetProperty("outcome").GetString(), handled.GetProperty("exit_code").GetInt32(),
            handled.GetProperty("checkpoint").GetProperty("name").GetString()));
        Assert.Equal((1, 0, "x"), (run.CountOf("TrainingSignalled"), run.CountOf("TrainingKilled"), run.ReadProject("signals")));
        Assert.Equal("InterruptionHandled", (await told).Text("kind"));

        await run.LetItCountAsWithdrawnAsync();
        await run.WaitForAsync("TrainingStarted", data => data.GetProperty("resumed_from") is { ValueKind: JsonValueKind.Object } from
            && from.GetProperty("name").GetString() == "step_1.json");
        await run.PrintedAsync("--resume checkpoints/step_1.json");
        Assert.Equal(2, run.State().GetProperty("attempt").GetInt32());
    }

    private static List<int> Steps(GuardedRun run) => [.. run.Log().Split('\n')
        .Where(line => line.StartsWith("step ", StringComparison.Ordinal))
        .Select(line => int.Parse(line[5..], CultureInfo.InvariantCulture))];

    private async Task TakeAsync(GuardedRun run)
    {
        await sandbox.Sandbox.InterruptAsync(run.InstanceId, TimeSpan.Zero, "hibernate");
        await StateAsync(run, "stopped");
    }

    private async Task ReturnAsync(GuardedRun run)
    {
        sandbox.Sandbox.ReturnCapacity(run.InstanceId);
        await StateAsync(run, "running");
    }

    private Task StateAsync(GuardedRun run, string state) => GuardedRun.EventuallyAsync(
        () => sandbox.Sandbox.Instances.Single(one => one.InstanceId == run.InstanceId).State == state, run.Tell);
}
