using System.IO.Compression;
using System.Text;
using Amazon.S3.Model;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>The guard's commands, called over SSM as the cmdlets call them.</summary>
public sealed class CommandTests(GuardSandbox sandbox)
{
    // Below the prefix of checkpoints: the role reads nowhere else.
    private const string Bad = "checkpoints/spot-interruptions/i-0bad/checkpoints/";

    private const string Saver = """
        import json, os, signal, sys, time
        def save(step):
            os.makedirs("checkpoints", exist_ok=True)
            with open("checkpoints/new.tmp", "w") as f:
                json.dump({"step": step}, f)
            os.rename("checkpoints/new.tmp", "checkpoints/step_%d.json" % step)
        def end(*_):
            save(2)
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        save(1)
        print("ready", flush=True)
        while True:
            time.sleep(0.1)
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Upload_restore_and_interrupt_do_as_documented()
    {
        await using var run = await sandbox.StartAsync(Saver, mirror: false);
        await GuardedRun.EventuallyAsync(() => run.Log() == "ready\n", run.Tell);

        var uploaded = await run.CallAsync("upload", "--run", run.Id);
        Assert.Equal(0, uploaded.ExitCode);
        Assert.Equal(("step_1.json", "manual"), (uploaded.Text("name"), uploaded.Text("reason")));
        var manifest = uploaded.Text("manifest");
        var again = await run.CallAsync("upload", "--run", run.Id, "--name", "step_1.json");
        Assert.Equal((0, manifest), (again.ExitCode, again.Text("manifest")));
        var unknown = await run.CallAsync("upload", "--run", run.Id, "--name", "step_99.json");
        Assert.Equal((4, "CheckpointNotFound"), (unknown.ExitCode, unknown.ErrorId));

        var restored = await run.CallAsync("restore", "--manifest", manifest, "--into", "/home/ubuntu/back");
        Assert.Equal((0, "step_1.json"), (restored.ExitCode, restored.Text("name")));
        Assert.Equal("""{"step": 1}""", await File.ReadAllTextAsync(restored.Text("path"), Ct));
        await RefusesBadManifestsAsync(run, manifest);

        var handled = await run.CallAsync("interrupt", "--run", run.Id, "--deadline", DateTime.UtcNow.AddSeconds(40).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal((0, "InterruptionHandled"), (handled.ExitCode, handled.Text("kind")));
        var data = GuardedRun.Data(handled.Value);
        Assert.Equal(("uploaded", 0), (data.GetProperty("outcome").GetString(), data.GetProperty("exit_code").GetInt32()));
        Assert.Equal("step_2.json", data.GetProperty("checkpoint").GetProperty("name").GetString());
        Assert.InRange(data.GetProperty("seconds_to_deadline").GetDouble(), 1, 40);

        // A second call joins what was done; it does nothing once more.
        var joined = await run.CallAsync("interrupt", "--run", run.Id);
        Assert.Equal(handled.Value.GetProperty("seq").GetInt32(), joined.Value.GetProperty("seq").GetInt32());
        var late = await run.CallAsync("drill", "--run", run.Id);
        Assert.Equal((4, "NotRunning"), (late.ExitCode, late.ErrorId));
    }

    [Fact]
    public async Task Stop_events_log_and_status_tell_the_same_story()
    {
        await using var run = await sandbox.StartAsync(Saver);
        await GuardedRun.EventuallyAsync(() => run.Log() == "ready\n", run.Tell);
        var processes = await run.CallAsync("processes", "--run", run.Id);
        Assert.Contains(processes.Value.GetProperty("processes").EnumerateArray(), p => p.GetProperty("main").GetBoolean());

        var stopped = await run.CallAsync("stop", "--run", run.Id, "--grace", "20");
        Assert.Equal((0, "TrainingStopped"), (stopped.ExitCode, stopped.Text("kind")));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, stopped.Value.GetProperty("since_notice").ValueKind);

        var all = await run.CallAsync("events", "--run", run.Id, "--after", "0");
        Assert.Equal(0, all.ExitCode);
        var numbers = all.Value.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("seq").GetInt32()).ToList();
        Assert.Equal(Enumerable.Range(1, numbers.Count), numbers);
        Assert.False(all.Value.GetProperty("more").GetBoolean());
        var tail = await run.CallAsync("events", "--run", run.Id, "--after", "2");
        Assert.Equal(numbers.Skip(2), tail.Value.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("seq").GetInt32()));
        var one = await run.CallAsync("events", "--run", run.Id, "--after", "0", "--max-bytes", "10");
        Assert.True(one.Value.GetProperty("more").GetBoolean());
        Assert.Single(one.Value.GetProperty("events").EnumerateArray());

        var log = await run.CallAsync("log", "--run", run.Id, "--offset", "2");
        Assert.Equal("ady\n", Unpack(log.Text("data")));
        Assert.Equal((2, 6, 6, true), (log.Value.GetProperty("offset").GetInt32(), log.Value.GetProperty("next_offset").GetInt32(),
            log.Value.GetProperty("size").GetInt32(), log.Value.GetProperty("ended").GetBoolean()));

        var status = await run.CallAsync("status", "--run", run.Id, "--events", "50");
        var state = status.Value.GetProperty("runs")[0];
        Assert.Equal("stopped", state.GetProperty("state").GetString());
        Assert.Equal("step_2.json", state.GetProperty("checkpoint").GetProperty("name").GetString());
        Assert.True(status.Value.GetProperty("guard").GetProperty("alive").GetBoolean());

        var nobody = await run.CallAsync("events", "--run", "no-such-run");
        Assert.Equal((3, "RunNotFound"), (nobody.ExitCode, nobody.ErrorId));
        var usage = await run.CallAsync("events");
        Assert.Equal((2, "Usage"), (usage.ExitCode, usage.ErrorId));
    }

    private async Task RefusesBadManifestsAsync(GuardedRun run, string manifest)
    {
        var (bucket, key) = (sandbox.Sandbox.Bucket, manifest[$"s3://{sandbox.Sandbox.Bucket}/".Length..]);
        var text = Encoding.UTF8.GetString((await sandbox.Cloud.Objects.ReadAsync(bucket, key, Ct))!.Content.Span);
        var outside = await RestoreAsync("outside", text.Replace("\"name\":\"step_1.json\"", "\"name\":\"../escaped.json\"", StringComparison.Ordinal));
        Assert.Equal((4, "UnsafePath"), (outside.ExitCode, outside.ErrorId));
        Assert.False(File.Exists(Path.Combine(run.Root, "home/ubuntu/escaped.json")));

        // As many bytes as before, one of them another.
        await sandbox.S3.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = Bad + "step_1.json", ContentBody = """{"step": 9}""" }, Ct);
        var damaged = await RestoreAsync("damaged", text.Replace($"\"key\":\"{run.Prefix}step_1.json\"", $"\"key\":\"{Bad}step_1.json\"", StringComparison.Ordinal));
        Assert.Equal((6, "ChecksumMismatch"), (damaged.ExitCode, damaged.ErrorId));
        Assert.Empty(Directory.Exists(Path.Combine(run.Root, "home/ubuntu/damaged")) ? Directory.GetFileSystemEntries(Path.Combine(run.Root, "home/ubuntu/damaged")) : []);

        var missing = await run.CallAsync("restore", "--manifest", $"s3://{bucket}/{Bad}nothing.manifest.json", "--into", "/home/ubuntu/missing");
        Assert.Equal((4, "CheckpointNotFound"), (missing.ExitCode, missing.ErrorId));

        async Task<GuardReply> RestoreAsync(string name, string body)
        {
            Assert.NotEqual(text, body);
            var at = $"{Bad}{run.Id}/{name}.manifest.json";
            await sandbox.S3.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = at, ContentBody = body }, Ct);
            return await run.CallAsync("restore", "--manifest", $"s3://{bucket}/{at}", "--into", $"/home/ubuntu/{name}");
        }
    }

    private static string Unpack(string data)
    {
        using var gzip = new GZipStream(new MemoryStream(Convert.FromBase64String(data)), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        return reader.ReadToEnd();
    }
}
