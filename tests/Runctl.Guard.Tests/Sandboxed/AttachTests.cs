using System.Text.Json;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>A training that somebody else started.</summary>
public sealed class AttachTests(GuardSandbox sandbox)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("pid_file")]
    [InlineData("pattern")]
    public async Task A_process_that_was_there_before_is_told_saved_and_uploaded_all_the_same(string target)
    {
        // Any run brings the guard to the instance.
        await using var first = await sandbox.StartAsync("print('done')");
        var id = $"own-20260131-120000-{Guid.NewGuid().ToString("N")[..6]}";
        await using var run = new GuardedRun(sandbox, id, first.InstanceId, "own");
        Directory.CreateDirectory(Path.Combine(run.Project, "checkpoints"));
        await File.WriteAllTextAsync(Path.Combine(run.Project, "mine.py"), Python.Beginning + """
            at_signal(lambda: replace("step_7.json", b"{}"))
            open("ready", "w").close()
            wait()
            """, Ct);
        var started = await run.ShellAsync($"""
            cd "$RUNCTL_ROOT/home/ubuntu/own" && export RUNCTL_CHECKPOINT_DIR=checkpoints
            setsid python3 mine.py --of {id} </dev/null >/dev/null 2>&1 &
            echo $! > "$RUNCTL_ROOT/home/ubuntu/own/pid"
            """);
        Assert.True(started.ExitCode == 0, started.Error);
        await GuardedRun.EventuallyAsync(() => File.Exists(Path.Combine(run.Project, "ready")), run.Tell);

        var attached = await run.CallAsync(SpecOf(id, target), ["attach", "--spec", "-"]);
        Assert.True(attached.ExitCode == 0, attached.Value.GetRawText());
        Assert.Equal("running", attached.Text("state"));
        var handled = await run.InterruptAsync();
        Assert.Equal(("uploaded", "step_7.json"), (handled.GetProperty("outcome").GetString(), handled.GetProperty("checkpoint").GetProperty("name").GetString()));
        Assert.Equal("x", run.ReadProject("signals"));

        // Whose child it was not, nobody knows the exit code of.
        Assert.Equal(JsonValueKind.Null, handled.GetProperty("exit_code").ValueKind);
        Assert.Contains("step_7.json.manifest.json", await run.KeysAsync());
    }

    private object SpecOf(string id, string target) => new
    {
        schema = 1, run_id = id, project_name = "own", region = sandbox.Sandbox.Region, arguments = Array.Empty<string>(),
        checkpoint = new { dir = "checkpoints", save_interval = 5, mirror = true, patterns = Array.Empty<string>() },
        store = new { bucket = sandbox.Sandbox.Bucket, prefix = "checkpoints/spot-interruptions", run_prefix = "checkpoints/runctl" },
        policy = new { grace_seconds = 20.0, guard_poll_seconds = 1.0, on_exit = "keep" },
        target = target == "pattern" ? (object)new { pattern = $"python3 mine.py --of {id}", any_user = true } : new { pid_file = "/home/ubuntu/own/pid", any_user = true },
        attempt = new { number = 1, nonce = "n" },
    };
}
