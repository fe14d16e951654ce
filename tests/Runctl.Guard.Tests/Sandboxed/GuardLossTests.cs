namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>The guard's own death.</summary>
public sealed class GuardLossTests(GuardSandbox sandbox)
{
    private const string Saver = Python.Beginning + """
        at_signal(lambda: replace("step_1.json", b"{}"))
        wait()
        """;

    [Fact]
    public async Task A_guard_killed_before_the_notice_is_replaced_and_the_sequence_runs_with_the_exit_code_known()
    {
        await using var run = await sandbox.StartAsync("""
            import json, os, signal, sys, time
            def save(*_):
                os.makedirs("checkpoints", exist_ok=True)
                with open("checkpoints/step_1.json", "w") as f:
                    json.dump({"step": 1}, f)
                sys.exit(3)
            signal.signal(signal.SIGTERM, save)
            print("ready", flush=True)
            while True:
                time.sleep(0.1)
            """);
        await GuardedRun.EventuallyAsync(() => run.Log() == "ready\n", run.Tell);
        var before = run.GuardPid();
        Assert.Equal(0, (await run.ShellAsync($"kill -9 {before}")).ExitCode);
        await sandbox.Sandbox.InterruptAsync(run.InstanceId, TimeSpan.FromSeconds(40));
        var handled = await run.WaitForAsync("InterruptionHandled");
        Assert.NotEqual(before, run.GuardPid());
        Assert.Equal(("uploaded", 3), (handled.GetProperty("outcome").GetString(), handled.GetProperty("exit_code").GetInt32()));
        Assert.Equal("imds", (await run.WaitForAsync("InterruptionDetected")).GetProperty("source").GetString());
    }

    [Fact]
    public async Task A_guard_killed_during_the_sequence_is_followed_by_one_that_signals_nobody_twice()
    {
        await using var run = await sandbox.StartAsync("""
            import json, os, signal, sys, time
            signals = []
            def note(*_):
                signals.append(1)
                with open("signals", "a") as f:
                    f.write("x")
            signal.signal(signal.SIGTERM, note)
            print("ready", flush=True)
            while not os.path.exists("go"):
                time.sleep(0.05)
            os.makedirs("checkpoints", exist_ok=True)
            with open("checkpoints/step_1.json", "w") as f:
                json.dump({"step": 1}, f)
            """);
        await GuardedRun.EventuallyAsync(() => run.Log() == "ready\n", run.Tell);
        Assert.Equal(0, (await run.CallAsync("drill", "--run", run.Id, "--window", "60")).ExitCode);
        await GuardedRun.EventuallyAsync(() => run.ReadProject("signals").Length > 0, run.Tell);
        var before = run.GuardPid();
        Assert.Equal(0, (await run.ShellAsync($"kill -9 {before}")).ExitCode);
        await GuardedRun.EventuallyAsync(() => run.GuardPid() is { } now && now != before, run.Tell);
        await File.WriteAllTextAsync(Path.Combine(run.Project, "go"), "", TestContext.Current.CancellationToken);
        var handled = await run.WaitForAsync("InterruptionHandled");
        Assert.Equal(("uploaded", 0), (handled.GetProperty("outcome").GetString(), handled.GetProperty("exit_code").GetInt32()));
        Assert.Equal("x", run.ReadProject("signals"));
        Assert.Single(run.Events(), e => e.GetProperty("kind").GetString() == "InterruptionDetected");
    }

    [Fact]
    public async Task A_guard_told_to_end_saves_the_training_first()
    {
        await using var run = await sandbox.StartAsync(Saver);
        await run.PrintedAsync("ready");
        Assert.Equal(0, (await run.ShellAsync($"kill -TERM {run.GuardPid()}")).ExitCode);
        var handled = await run.WaitForAsync("InterruptionHandled");
        Assert.Equal(("uploaded", 0), (handled.GetProperty("outcome").GetString(), handled.GetProperty("exit_code").GetInt32()));
        Assert.Equal("shutdown", (await run.WaitForAsync("InterruptionDetected")).GetProperty("source").GetString());

        // It leaves when all is told, and is not started again.
        await GuardedRun.EventuallyAsync(() => !Alive(run, run.GuardPid()), run.Tell);
        Assert.Contains("\"InterruptionHandled\"", await run.ShippedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_neither_guard_nor_keeper_is_left_a_command_runs_the_sequence_itself()
    {
        await using var run = await sandbox.StartAsync(Saver);
        await run.PrintedAsync("ready");
        await EndGuardForGoodAsync(run);
        var handled = await run.CallAsync("interrupt", "--run", run.Id);
        Assert.Equal((0, "InterruptionHandled"), (handled.ExitCode, handled.Text("kind")));
        var data = GuardedRun.Data(handled.Value);
        Assert.Equal(("uploaded", 0), (data.GetProperty("outcome").GetString(), data.GetProperty("exit_code").GetInt32()));
        Assert.Equal("x", run.ReadProject("signals"));
    }

    [Fact]
    public async Task Repair_brings_a_guard_back_to_a_training_that_went_on_without_one()
    {
        await using var run = await sandbox.StartAsync(Saver);
        await run.PrintedAsync("ready");
        await EndGuardForGoodAsync(run);
        Assert.False((await run.CallAsync("status")).Value.GetProperty("guard").GetProperty("alive").GetBoolean());
        Assert.True((await run.CallAsync("repair")).Value.GetProperty("guard").GetProperty("alive").GetBoolean());
        Assert.Equal("uploaded", (await run.InterruptAsync()).GetProperty("outcome").GetString());
        Assert.Equal(1, run.CountOf("TrainingStarted"));
    }

    private static async Task EndGuardForGoodAsync(GuardedRun run)
    {
        var guard = run.GuardPid();
        var outcome = await run.ShellAsync($"keeper=$(cut -d' ' -f4 /proc/{guard}/stat) && kill -9 $keeper {guard}");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }

    private static bool Alive(GuardedRun run, int? guard) => run.ShellAsync($"kill -0 {guard}").GetAwaiter().GetResult().ExitCode == 0;
}
