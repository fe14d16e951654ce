using System.Text;
using Runctl.Errors;
using Runctl.Sandbox;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>What the two minutes are enough for.</summary>
public sealed class WindowTests(GuardSandbox sandbox)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_checkpoint_too_large_for_the_window_is_saved_and_said_and_costs_neither_grace_nor_the_older_one_in_s3()
    {
        await using var run = await sandbox.StartAsync(new Scenario(Python.Beginning + """
            def big():
                time.sleep(1.5)
                replace("step_3.pt", archive(30 << 20))
            def told(name):
                while not os.path.exists(name):
                    time.sleep(0.05)
            at_signal(big)
            ready()
            told("first")
            replace("step_1.pt", archive(2 << 20))
            told("more")
            replace("step_2.pt", archive(30 << 20))
            wait()
            """) { GraceSeconds = 7 });
        await run.PrintedAsync("ready");

        // The first upload teaches the guard how slow the link is.
        sandbox.Sandbox.SetConditions(run.InstanceId, new SandboxConditions { LinkBytesPerSecond = 700_000 });
        await File.WriteAllTextAsync(Path.Combine(run.Project, "first"), "", Ct);
        await run.WaitForAsync("CheckpointUploaded");
        await File.WriteAllTextAsync(Path.Combine(run.Project, "more"), "", Ct);
        await GuardedRun.EventuallyAsync(() => File.Exists(Path.Combine(run.Project, "checkpoints/step_2.pt")), run.Tell);

        await sandbox.Sandbox.InterruptAsync(run.InstanceId, TimeSpan.FromSeconds(30));
        var signalled = await run.WaitForAsync("TrainingSignalled");
        var said = await run.WaitForAsync("Warning", data => data.GetProperty("id").GetString() == "UploadTooSlow");
        Assert.Equal(7, signalled.GetProperty("grace_seconds").GetDouble());
        Assert.EndsWith("/step_3.pt", said.GetProperty("path").GetString(), StringComparison.Ordinal);
        Assert.True((await run.WaitForAsync("CheckpointSaved")).GetProperty("saved_after_signal").GetBoolean());
        Assert.Equal(0, (await run.WaitForAsync("TrainingExited")).GetProperty("exit_code").GetInt32());

        // Whoever reads S3 after the end knows it too.
        await GuardedRun.EventuallyAsync(() => run.ShippedAsync().GetAwaiter().GetResult().Contains("UploadTooSlow", StringComparison.Ordinal), run.Tell);
        Assert.Equal("step_1.pt", Assert.Single(await run.ManifestsAsync()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task Grace_is_cut_where_the_save_of_who_does_not_end_gets_to_s3_by_that()
    {
        await using var run = await sandbox.StartAsync(new Scenario(Python.Beginning + """
            signal.signal(signal.SIGTERM, lambda *_: replace("step_2.pt", archive(2 << 20)))
            ready()
            while not os.path.exists("first"):
                time.sleep(0.05)
            replace("step_1.pt", archive(2 << 20))
            wait()
            """) { GraceSeconds = 20 });
        await run.PrintedAsync("ready");
        sandbox.Sandbox.SetConditions(run.InstanceId, new SandboxConditions { LinkBytesPerSecond = 700_000 });
        await File.WriteAllTextAsync(Path.Combine(run.Project, "first"), "", Ct);
        await run.WaitForAsync("CheckpointUploaded");

        // An upload takes four seconds, and more on a busy machine: after all of grace one would be left beside the margin.
        await sandbox.Sandbox.InterruptAsync(run.InstanceId, TimeSpan.FromSeconds(24));
        var grace = (await run.WaitForAsync("TrainingSignalled")).GetProperty("grace_seconds").GetDouble();
        Assert.InRange(grace, 8, 17.5);
        var handled = await run.WaitForAsync("InterruptionHandled");
        Assert.Equal(("uploaded", "step_2.pt", 137), (handled.GetProperty("outcome").GetString(), handled.GetProperty("checkpoint").GetProperty("name").GetString(), handled.GetProperty("exit_code").GetInt32()));
        Assert.NotNull(run.Find("TrainingKilled"));
    }

    [Fact]
    public async Task Two_runs_of_one_instance_have_directories_of_their_own_and_are_both_saved()
    {
        var saver = Python.Beginning + """
            at_signal(lambda: replace("step_1.bin", os.environ["RUNCTL_RUN_ID"].encode() * 400000))
            wait()
            """;
        await using var first = await sandbox.StartAsync(saver);
        var refused = await Assert.ThrowsAnyAsync<RunctlException>(() => sandbox.StartAsync(new Scenario(saver) { InstanceId = first.InstanceId }));
        Assert.Contains(first.Id, refused.Message, StringComparison.Ordinal);

        await using var second = await sandbox.StartAsync(new Scenario(saver) { InstanceId = first.InstanceId, Project = "other" });
        await first.PrintedAsync("ready");
        await second.PrintedAsync("ready");
        await sandbox.Sandbox.InterruptAsync(first.InstanceId, TimeSpan.FromSeconds(40));
        foreach (var run in new[] { first, second })
        {
            var handled = await run.WaitForAsync("InterruptionHandled");
            Assert.Equal("uploaded", handled.GetProperty("outcome").GetString());
            Assert.True(handled.GetProperty("seconds_to_deadline").GetDouble() > 0);
            Assert.Equal("x", run.ReadProject("signals"));
        }

        // They have one name and come from one instance, and yet neither is written over the other.
        var manifests = await first.ManifestsAsync();
        Assert.Equal([.. new[] { first.Id, second.Id }.Order()], manifests.Select(one => one.GetProperty("run_id").GetString()!).Order());
        foreach (var manifest in manifests)
        {
            var key = manifest.GetProperty("files")[0].GetProperty("key").GetString()!;
            Assert.StartsWith(manifest.GetProperty("run_id").GetString()!, Encoding.UTF8.GetString(await first.BodyAsync(key[first.Prefix.Length..])), StringComparison.Ordinal);
        }
    }
}
