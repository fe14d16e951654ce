namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>Trainings that do not simply save and go.</summary>
public sealed class StubbornTrainingTests(GuardSandbox sandbox)
{
    [Fact]
    public async Task Who_ignores_the_signal_is_killed_when_grace_is_over_and_the_last_checkpoint_is_in_s3()
    {
        await using var run = await sandbox.StartAsync("""
            import json, os, signal, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.makedirs("checkpoints", exist_ok=True)
            with open("checkpoints/step_7.json.tmp", "w") as f:
                json.dump({"step": 7}, f)
            os.rename("checkpoints/step_7.json.tmp", "checkpoints/step_7.json")
            while True:
                time.sleep(0.1)
            """, graceSeconds: 1.5);
        await sandbox.Sandbox.InterruptAsync(run.InstanceId, TimeSpan.FromSeconds(40));
        var handled = await run.WaitForAsync("InterruptionHandled");
        Assert.Equal("uploaded", handled.GetProperty("outcome").GetString());
        Assert.Equal(137, handled.GetProperty("exit_code").GetInt32());
        Assert.Equal("step_7.json", handled.GetProperty("checkpoint").GetProperty("name").GetString());
        Assert.InRange(handled.GetProperty("seconds").GetDouble(), 1.5, 20);
        Assert.NotEmpty((await run.WaitForAsync("TrainingKilled")).GetProperty("pids").EnumerateArray());
        Assert.False((await run.WaitForAsync("CheckpointSaved")).GetProperty("saved_after_signal").GetBoolean());
        Assert.Empty(run.Processes());
        var body = await sandbox.Cloud.Objects.ReadAsync(sandbox.Sandbox.Bucket, run.Prefix + "step_7.json", TestContext.Current.CancellationToken);
        Assert.Equal("""{"step": 7}""", System.Text.Encoding.UTF8.GetString(body!.Content.Span));
    }

    [Fact]
    public async Task A_save_in_place_that_the_kill_cuts_off_gives_way_to_the_checkpoint_before_it()
    {
        // Nothing in a pickle tells a whole one from a torn one.
        await using var run = await sandbox.StartAsync(Python.Beginning + """
            import pickle
            put("step_1.pkl", pickle.dumps({"step": 1}))
            def slowly():
                whole = pickle.dumps({"step": 2, "weights": [0.5] * 10000})
                with open(path("step_2.pkl"), "wb") as f:
                    for i in range(0, len(whole), 10):
                        f.write(whole[i:i + 10])
                        f.flush()
                        time.sleep(0.2)
            at_signal(slowly)
            wait()
            """, graceSeconds: 1.5);
        await run.PrintedAsync("ready");
        var handled = await run.InterruptAsync();
        Assert.Equal(("uploaded", "step_1.pkl"), (handled.GetProperty("outcome").GetString(), handled.GetProperty("checkpoint").GetProperty("name").GetString()));
        Assert.EndsWith("/step_2.pkl", (await run.WaitForAsync("CheckpointRejected")).GetProperty("path").GetString(), StringComparison.Ordinal);
        Assert.Equal(("x", 1), (run.ReadProject("signals"), run.CountOf("TrainingKilled")));
        Assert.Equal(["step_1.pkl", "step_1.pkl.manifest.json"], await run.KeysAsync());
    }

    [Fact]
    public async Task No_child_survives_neither_forked_nor_in_a_session_of_its_own_nor_orphaned()
    {
        await using var run = await sandbox.StartAsync("""
            import os, signal, subprocess, time
            ignoring = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                time.sleep(300)
                os._exit(0)
            subprocess.Popen(["setsid", "python3", "-c", ignoring])
            # Its parent is gone at once, and it looks for a session of its own.
            subprocess.run(["sh", "-c", "setsid python3 -c '%s' &" % ignoring])
            open("ready", "w").close()
            time.sleep(300)
            """, graceSeconds: 1.5);
        await GuardedRun.EventuallyAsync(() => File.Exists(Path.Combine(run.Project, "ready")) && run.Processes().Count >= 4, run.Tell);
        var stopped = await run.CallAsync("stop", "--run", run.Id);
        Assert.Equal((0, "TrainingStopped"), (stopped.ExitCode, stopped.Text("kind")));
        Assert.True((await run.WaitForAsync("TrainingKilled")).GetProperty("pids").GetArrayLength() >= 3);
        Assert.Empty(run.Processes());
    }

    [Fact]
    public async Task The_python_in_a_shell_script_saves_and_is_signalled_once()
    {
        await using var run = await sandbox.StartAsync("""
            set -e
            echo before
            python3 work.py --epochs 3
            i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done
            echo after
            """, "train.sh", second: ("work.py", """
            import json, os, signal, time
            signals = []
            def note(*_):
                signals.append(1)
                with open("signals", "a") as f:
                    f.write("x")
            signal.signal(signal.SIGTERM, note)
            open("ready", "w").close()
            while not signals:
                time.sleep(0.05)
            time.sleep(1)
            os.makedirs("checkpoints", exist_ok=True)
            with open("checkpoints/step_3.json", "w") as f:
                json.dump({"step": 3}, f)
            """));
        await GuardedRun.EventuallyAsync(() => File.Exists(Path.Combine(run.Project, "ready")), run.Tell);
        Assert.Equal(0, (await run.CallAsync("drill", "--run", run.Id, "--window", "40")).ExitCode);
        var handled = await run.WaitForAsync("InterruptionHandled");
        Assert.Equal("uploaded", handled.GetProperty("outcome").GetString());
        Assert.Equal(0, handled.GetProperty("exit_code").GetInt32());
        Assert.Equal("x", run.ReadProject("signals"));
        Assert.True((await run.WaitForAsync("CheckpointSaved")).GetProperty("saved_after_signal").GetBoolean());
        Assert.Equal("before\nafter\n", run.Log());
        Assert.Null(run.Find("TrainingKilled"));
    }

    [Fact]
    public async Task A_script_that_begins_something_else_is_ended_and_what_was_saved_before_that_counts_as_saved_after_the_signal()
    {
        await using var run = await sandbox.StartAsync("""
            for fold in 1 2 3; do
                python3 work.py $fold
            done
            """, "train.sh", second: ("work.py", """
            import json, os, signal, sys, time
            fold = sys.argv[1]
            def save(*_):
                os.makedirs("checkpoints", exist_ok=True)
                with open("checkpoints/step_%s.json" % fold, "w") as f:
                    json.dump({"step": int(fold)}, f)
                with open("signals", "a") as f:
                    f.write(fold)
                sys.exit(0)
            if fold == "1":
                signal.signal(signal.SIGTERM, save)
            open("ready", "w").close()
            time.sleep(300)
            """));
        await GuardedRun.EventuallyAsync(() => File.Exists(Path.Combine(run.Project, "ready")), run.Tell);
        Assert.Equal(0, (await run.CallAsync("drill", "--run", run.Id, "--window", "60")).ExitCode);
        Assert.Equal("uploaded", (await run.WaitForAsync("InterruptionHandled")).GetProperty("outcome").GetString());
        Assert.True((await run.WaitForAsync("CheckpointSaved")).GetProperty("saved_after_signal").GetBoolean());
        Assert.Equal("1", run.ReadProject("signals"));
        Assert.Null(run.Find("TrainingKilled"));
    }

    [Fact]
    public async Task Workers_of_the_training_are_not_told_before_it_has_saved_with_them()
    {
        // As a data loader: the save needs an answer from every worker, and a worker that is told dies.
        await using var run = await sandbox.StartAsync("""
            exec 2>&1
            python3 work.py | cat
            """, "train.sh", second: ("work.py", Python.Beginning + """
            import subprocess
            worker = "import sys\nfor line in sys.stdin: print('batch', flush=True)"
            workers = [subprocess.Popen([sys.executable, "-c", worker], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
            def save():
                time.sleep(0.5)
                for one in workers:
                    one.stdin.write("next\n")
                    one.stdin.flush()
                    assert one.stdout.readline() == "batch\n"
                replace("step_1.json", b"{}")
                for one in workers:
                    one.stdin.close()
                    assert one.wait() == 0
                print("saved", flush=True)
            at_signal(save)
            wait()
            """));
        await run.PrintedAsync("ready");
        var handled = await run.InterruptAsync();
        Assert.Equal(("uploaded", 0), (handled.GetProperty("outcome").GetString(), handled.GetProperty("exit_code").GetInt32()));
        Assert.Equal("ready\nsaved\n", run.Log());
        Assert.Equal("x", run.ReadProject("signals"));
        Assert.Null(run.Find("TrainingKilled"));
    }
}
