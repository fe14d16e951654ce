namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>The guard's own death.</summary>
public sealed class GuardLossTests(GuardSandbox sandbox)
{
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
}
