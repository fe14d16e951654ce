using Runctl.Errors;
using Runctl.Sandbox;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>Instances and accounts that lack something.</summary>
public sealed class PlaceTests(GuardSandbox sandbox)
{
    private const string Saver = Python.Beginning + """
        at_signal(lambda: replace("step_1.json", b"{}"))
        wait()
        """;

    [Fact]
    public async Task Without_a_bucket_the_training_saves_on_its_disk_and_that_is_what_is_said()
    {
        await using var run = await sandbox.StartAsync(new Scenario(Saver) { HasBucket = false });
        await run.PrintedAsync("ready");
        var handled = await run.InterruptAsync();
        Assert.Equal(("saved", "step_1.json"), (handled.GetProperty("outcome").GetString(), handled.GetProperty("checkpoint").GetProperty("name").GetString()));
        Assert.Equal("x", run.ReadProject("signals"));
        Assert.Empty(await run.KeysAsync());
    }

    [Fact]
    public async Task A_role_without_ListBucket_uploads_and_is_told_of_once()
    {
        await using var run = await sandbox.StartAsync(Python.Beginning + """
            put("step_0.json", b"{}")
            at_signal(lambda: replace("step_1.json", b"{}"))
            wait()
            """);
        sandbox.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = "s3:HeadObject", Kind = SandboxFaultKind.ClientError, Status = 403, Key = "*.manifest.json", InstanceId = run.InstanceId });
        await run.WaitForAsync("CheckpointUploaded");
        Assert.Equal("uploaded", (await run.InterruptAsync()).GetProperty("outcome").GetString());
        Assert.Equal(["step_0.json", "step_0.json.manifest.json", "step_1.json", "step_1.json.manifest.json"], await run.KeysAsync());
        Assert.True(run.Events().Count(e => e.GetProperty("kind").GetString() == "Warning") <= 1, run.Tell());
    }

    [Fact]
    public async Task Without_any_checkpoint_there_is_nothing_to_save_and_the_training_is_stopped_all_the_same()
    {
        await using var run = await sandbox.StartAsync(Python.Beginning + "at_signal(lambda: None)\nwait()");
        await run.PrintedAsync("ready");
        var handled = await run.InterruptAsync();
        Assert.Equal(("nothing-to-save", 0), (handled.GetProperty("outcome").GetString(), handled.GetProperty("exit_code").GetInt32()));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, handled.GetProperty("checkpoint").ValueKind);
        Assert.Empty(await run.KeysAsync());
        Assert.Empty(run.Processes());
    }

    [Fact]
    public async Task What_an_earlier_run_left_is_not_taken_for_this_ones_however_high_its_step_and_late_its_time()
    {
        await using var first = await sandbox.StartAsync(Python.Beginning + """
            put("step_999.json", b"{}")
            later = time.time() + 3600
            os.utime(path("step_999.json"), (later, later))
            """);
        await first.WaitForAsync("TrainingFinished");
        await using var run = await sandbox.StartAsync(new Scenario(Saver) { InstanceId = first.InstanceId, Mirror = false });
        await run.PrintedAsync("ready");
        var handled = await run.InterruptAsync();
        Assert.True(File.Exists(Path.Combine(run.Project, "checkpoints/step_999.json")));
        Assert.Equal("step_1.json", handled.GetProperty("checkpoint").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Without_python3_the_error_says_so()
    {
        var instance = await sandbox.LaunchAsync();
        await using var run = new GuardedRun(sandbox, "none", instance, "digits");
        await OwnMountsAsync(run);
        await run.ShellAsync("IFS=:; for d in $PATH; do [ -e \"$d/python3\" ] && mount --bind /dev/null \"$d/python3\"; done; ! command -v python3");
        var error = await Assert.ThrowsAnyAsync<RunctlException>(() => sandbox.StartAsync(new Scenario(Saver) { InstanceId = instance }));
        Assert.Contains("python3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_full_disk_the_save_fails_and_the_last_good_checkpoint_counts_and_S3_has_every_event()
    {
        var instance = await sandbox.LaunchAsync();
        await using var empty = new GuardedRun(sandbox, "none", instance, "digits");
        await OwnMountsAsync(empty);
        var made = await empty.ShellAsync("""
            set -e
            mkdir -p "$RUNCTL_ROOT/disk" "$RUNCTL_ROOT/var/lib/runctl"
            mount -t tmpfs -o size=48m tmpfs "$RUNCTL_ROOT/disk"
            for name in home var/lib/runctl; do
              cp -a "$RUNCTL_ROOT/$name" "$RUNCTL_ROOT/disk/"
              mount --bind "$RUNCTL_ROOT/disk/${name##*/}" "$RUNCTL_ROOT/$name"
            done
            """);
        Assert.True(made.ExitCode == 0, made.Error);
        await using var run = await sandbox.StartAsync(new Scenario(Python.Beginning + """
            put("step_1.pt", archive(1 << 20))
            at_signal(lambda: put("step_2.pt", archive(8 << 20)))
            wait()
            """) { InstanceId = instance, Mirror = false, GraceSeconds = 8 });

        // The disk is seen from inside only.
        await GuardedRun.EventuallyAsync(() => ShellOutput(run, $"cat $RUNCTL_ROOT/var/lib/runctl/runs/{run.Id}/log").Contains("ready", StringComparison.Ordinal), run.Tell);
        var filled = ShellOutput(run, "dd if=/dev/zero of=$RUNCTL_ROOT/home/ubuntu/filler bs=64k 2>&1; dd if=/dev/zero of=$RUNCTL_ROOT/home/ubuntu/more bs=1 count=4096 2>&1; echo x > $RUNCTL_ROOT/home/ubuntu/last; df $RUNCTL_ROOT/disk");
        Assert.Contains("No space left", filled, StringComparison.Ordinal);
        await sandbox.Sandbox.InterruptAsync(instance, TimeSpan.FromSeconds(90));
        var told = "";
        await GuardedRun.EventuallyAsync(() => (told = run.ShippedAsync().GetAwaiter().GetResult()).Contains("\"InterruptionHandled\"", StringComparison.Ordinal),
            () => told + ShellOutput(run, "cat $RUNCTL_ROOT/var/lib/runctl/guard.log; df $RUNCTL_ROOT/disk; ls -l $RUNCTL_ROOT/var/lib/runctl"));
        foreach (var kind in new[] { "InterruptionDetected", "TrainingSignalled", "TrainingExited", "CheckpointRejected", "CheckpointSaved", "CheckpointUploaded" })
        {
            Assert.Contains($"\"{kind}\"", told, StringComparison.Ordinal);
        }

        Assert.Contains("Training exited with code 1,", told, StringComparison.Ordinal);
        Assert.Equal(["step_1.pt", "step_1.pt.manifest.json"], await run.KeysAsync());
    }

    private static string ShellOutput(GuardedRun run, string script)
    {
        var outcome = run.ShellAsync(script).GetAwaiter().GetResult();
        return outcome.Output + outcome.Error;
    }

    /// <summary>What is mounted on the instance must stay there.</summary>
    private static async Task OwnMountsAsync(GuardedRun run)
    {
        var inside = (await run.ShellAsync("readlink /proc/self/ns/mnt; id -u")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var host = new FileInfo("/proc/self/ns/mnt").LinkTarget;
        Assert.SkipUnless(inside is [var mounts, "0"] && mounts != host, "Needs root, and instances with mounts of their own.");
    }
}
