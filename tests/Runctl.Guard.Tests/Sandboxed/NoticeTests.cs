using Runctl.Sandbox;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>Notices that come late, after something else, twice, or are not followed by an end.</summary>
public sealed class NoticeTests(GuardSandbox sandbox)
{
    private const string Counting = Python.Beginning + """
        print(" ".join(sys.argv[1:]), flush=True)
        step = int(sys.argv[2].split("_")[1].split(".")[0]) if len(sys.argv) > 2 else 0
        at_signal(lambda: replace("step_%d.json" % (step + 1), json.dumps({"step": step + 1}).encode()))
        wait()
        """;

    [Fact]
    public async Task After_a_notice_that_was_withdrawn_the_training_goes_on_from_its_last_checkpoint_and_the_next_notice_counts()
    {
        await using var run = await sandbox.StartAsync(Counting);
        await run.PrintedAsync("ready");
        Assert.Equal("step_1.json", Checkpoint(await run.InterruptAsync()));
        Assert.True(sandbox.Sandbox.WithdrawNotice(run.InstanceId));
        await GuardedRun.EventuallyAsync(() => File.ReadAllText(Path.Combine(run.GuardHome, "notice.json")).Contains("\"time\":null", StringComparison.Ordinal), run.Tell);
        await run.LetItCountAsWithdrawnAsync();

        await run.WaitForAsync("InterruptionWithdrawn");
        await run.WaitForAsync("TrainingStarted", data => data.GetProperty("resumed_from") is { ValueKind: System.Text.Json.JsonValueKind.Object } from
            && from.GetProperty("name").GetString() == "step_1.json");
        await run.PrintedAsync("--resume checkpoints/step_1.json");
        Assert.Equal(2, run.State().GetProperty("attempt").GetInt32());
        await GuardedRun.EventuallyAsync(() => run.Log().Split('\n').Count(line => line == "ready") == 2, run.Tell);

        await sandbox.Sandbox.InterruptAsync(run.InstanceId, TimeSpan.FromSeconds(40));
        await run.WaitForAsync("InterruptionHandled", data => Checkpoint(data) == "step_2.json");
        Assert.Equal((2, "xx"), (run.CountOf("InterruptionDetected"), run.ReadProject("signals")));
    }

    [Fact]
    public async Task A_stale_notice_is_told_once_and_nobody_is_interrupted_until_a_new_one_comes()
    {
        await using var run = await sandbox.StartAsync(Counting);
        await run.PrintedAsync("ready");
        sandbox.Sandbox.ShowStaleNotice(run.InstanceId, TimeSpan.FromMinutes(10));
        await run.WaitForAsync("InterruptionStale");

        // Its successor has not told of it either, and tells of it no second time.
        await run.ReplaceGuardAsync();
        Assert.Equal("step_1.json", Checkpoint(await run.InterruptAsync()));
        Assert.Equal((1, 1), (run.CountOf("InterruptionStale"), run.CountOf("InterruptionDetected")));
    }

    [Fact]
    public async Task The_same_notice_seen_by_the_guard_and_told_from_outside_is_one_interruption()
    {
        await using var run = await sandbox.StartAsync(Counting);
        await run.PrintedAsync("ready");
        var deadline = await sandbox.Sandbox.InterruptAsync(run.InstanceId, TimeSpan.FromSeconds(60));
        var told = await run.CallAsync("interrupt", "--run", run.Id, "--deadline", Text(deadline));
        Assert.Equal((0, "InterruptionHandled"), (told.ExitCode, told.Text("kind")));
        Assert.Equal((1, 1, "x"), (run.CountOf("InterruptionDetected"), run.CountOf("InterruptionHandled"), run.ReadProject("signals")));
    }

    [Fact]
    public async Task A_notice_that_comes_late_has_its_true_deadline_and_is_handled_before_it()
    {
        await using var run = await sandbox.StartAsync(Counting);
        await run.PrintedAsync("ready");
        sandbox.Sandbox.SetConditions(run.InstanceId, new SandboxConditions { Notice = SandboxNoticeMode.Late, NoticeDelay = TimeSpan.FromSeconds(5) });
        var deadline = await sandbox.Sandbox.InterruptAsync(run.InstanceId, TimeSpan.FromSeconds(40));
        var handled = await run.WaitForAsync("InterruptionHandled");
        Assert.Equal(("uploaded", "step_1.json"), (handled.GetProperty("outcome").GetString(), Checkpoint(handled)));
        Assert.InRange(handled.GetProperty("seconds_to_deadline").GetDouble(), 0.001, 35);
        Assert.Equal(Text(deadline), (await run.WaitForAsync("InterruptionDetected")).GetProperty("deadline").GetString());
    }

    [Fact]
    public async Task A_rebalance_before_the_notice_is_told_and_nobody_is_signalled_until_the_notice()
    {
        await using var run = await sandbox.StartAsync(Counting);
        await run.PrintedAsync("ready");
        // The guard asks for it every five seconds.
        sandbox.Sandbox.SetConditions(run.InstanceId, new SandboxConditions { RebalanceLead = TimeSpan.FromSeconds(10) });
        var window = TimeSpan.FromSeconds(40);
        var deadline = await sandbox.Sandbox.InterruptAsync(run.InstanceId, window);
        Assert.Equal("step_1.json", Checkpoint(await run.WaitForAsync("InterruptionHandled")));
        var detected = run.Find("InterruptionDetected")!.Value;
        Assert.Equal(Text(deadline), GuardedRun.Data(detected).GetProperty("deadline").GetString());
        Assert.True(detected.GetProperty("time").GetDateTimeOffset() > deadline - window - TimeSpan.FromSeconds(1));
        string[] kinds = ["RebalanceRecommended", "InterruptionDetected", "TrainingSignalled", "TrainingExited", "InterruptionHandled"];
        Assert.Equal(kinds, run.Events().Select(e => e.GetProperty("kind").GetString()!).Where(kinds.Contains));
        Assert.Equal("x", run.ReadProject("signals"));
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static string? Checkpoint(System.Text.Json.JsonElement handled) => handled.GetProperty("checkpoint").GetProperty("name").GetString();
}
