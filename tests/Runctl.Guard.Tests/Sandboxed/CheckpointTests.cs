using System.Text;
using System.Text.Json;
using Amazon.S3;
using Amazon.S3.Model;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>What gets to S3 of what a training leaves in its checkpoint directory.</summary>
public sealed class CheckpointTests(GuardSandbox sandbox)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_directory_of_shards_and_index_comes_back_whole()
    {
        await using var run = await StartAsync("""
            def save(*_):
                put("checkpoint-500/model-00001-of-00002.safetensors", tensors(1000))
                put("checkpoint-500/model-00002-of-00002.safetensors", tensors(2000))
                put("checkpoint-500/optimizer/state.pt", archive(1600))
                put("checkpoint-500/model.safetensors.index.json", json.dumps({"weight_map": {
                    "a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}).encode())
                sys.exit(0)
            signal.signal(signal.SIGTERM, save)
            wait()
            """);
        var handled = await StopAsync(run);
        var checkpoint = handled.GetProperty("checkpoint");
        Assert.Equal("checkpoint-500", checkpoint.GetProperty("name").GetString());
        var restored = await run.CallAsync("restore", "--manifest", checkpoint.GetProperty("manifest").GetString()!, "--into", "/home/ubuntu/back");
        Assert.Equal(0, restored.ExitCode);
        var (from, to) = (Path.Combine(run.Project, "checkpoints/checkpoint-500"), restored.Text("path"));
        var names = Directory.GetFiles(from, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(from, path)).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(4, names.Count);
        Assert.Equal(names, Directory.GetFiles(to, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(to, path)).Order(StringComparer.Ordinal));
        Assert.All(names, name => Assert.Equal(File.ReadAllBytes(Path.Combine(from, name)), File.ReadAllBytes(Path.Combine(to, name))));
    }

    [Theory]
    [InlineData("step_2.safetensors", "tensors(4000)[:-100]")]
    [InlineData("step_2.pt", "(lambda data: data[:600] + b'XXXX' + data[604:])(archive(3200))")]
    public async Task A_damaged_checkpoint_is_rejected_and_the_one_before_it_is_committed(string name, string damaged)
    {
        await using var run = await StartAsync($$"""
            put("step_1.pt", archive(3200))
            def save(*_):
                put("{{name}}", {{damaged}})
                sys.exit(0)
            signal.signal(signal.SIGTERM, save)
            wait()
            """);
        var handled = await StopAsync(run);
        var rejected = await run.WaitForAsync("CheckpointRejected");
        Assert.EndsWith("/" + name, rejected.GetProperty("path").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(rejected.GetProperty("reason").GetString()!);
        Assert.Equal("step_1.pt", handled.GetProperty("checkpoint").GetProperty("name").GetString());
        Assert.Equal(["step_1.pt", "step_1.pt.manifest.json"], await run.KeysAsync());
    }

    [Fact]
    public async Task A_file_that_is_still_being_written_is_not_uploaded()
    {
        await using var run = await StartAsync("""
            put("step_1.pt", archive(3200))
            time.sleep(0.3)
            whole = archive(6400)
            half = open("checkpoints/step_2.pt", "wb")
            half.write(whole[:3000])
            half.flush()
            wait()
            """);
        // Longer than the mirror needs to take a file that stands still for a whole one.
        var since = DateTime.UtcNow;
        await GuardedRun.EventuallyAsync(() => DateTime.UtcNow - since > TimeSpan.FromSeconds(4), run.Tell);
        Assert.DoesNotContain(await run.KeysAsync(), key => key.StartsWith("step_2", StringComparison.Ordinal));
        var handled = await StopAsync(run);
        Assert.Equal("step_1.pt", handled.GetProperty("checkpoint").GetProperty("name").GetString());
        Assert.Equal(["step_1.pt", "step_1.pt.manifest.json"], await run.KeysAsync());
    }

    [Fact]
    public async Task A_big_checkpoint_goes_up_in_parts_and_s3_agrees_with_the_manifest()
    {
        await using var run = await StartAsync("""
            def save(*_):
                put("step_9.bin", os.urandom(1 << 20) * 40)
                sys.exit(0)
            signal.signal(signal.SIGTERM, save)
            wait()
            """);
        var handled = await StopAsync(run);
        Assert.Equal("uploaded", handled.GetProperty("outcome").GetString());
        using var manifest = await ManifestAsync(run, "step_9.bin.manifest.json");
        var file = manifest.RootElement.GetProperty("files")[0];
        var head = await sandbox.S3.GetObjectMetadataAsync(new GetObjectMetadataRequest
        {
            BucketName = sandbox.Sandbox.Bucket, Key = file.GetProperty("key").GetString(), ChecksumMode = ChecksumMode.ENABLED,
        }, Ct);
        Assert.Equal((40L << 20, 40L << 20), (head.ContentLength, file.GetProperty("size").GetInt64()));
        Assert.Equal((file.GetProperty("crc32").GetString(), ChecksumType.FULL_OBJECT), (head.ChecksumCRC32, head.ChecksumType));
        // The mark of an object that was put together from parts: their number.
        Assert.Matches("-[0-9]+\"?$", head.ETag);
    }

    [Fact]
    public async Task A_name_overwritten_again_and_again_gets_a_key_of_its_own_for_every_version()
    {
        await using var run = await StartAsync("""
            count = 0
            def save():
                global count
                count += 1
                put("last_1.json", json.dumps({"count": count}).encode())
            def end(*_):
                save()
                sys.exit(0)
            signal.signal(signal.SIGTERM, end)
            save()
            print("ready", flush=True)
            while True:
                time.sleep(0.1)
                if os.path.exists("again"):
                    os.unlink("again")
                    save()
            """);
        for (var version = 1; version < 3; version++)
        {
            await GuardedRun.EventuallyAsync(() => run.Events().Count(e => e.GetProperty("kind").GetString() == "CheckpointUploaded") == version, run.Tell);
            await File.WriteAllTextAsync(Path.Combine(run.Project, "again"), "", Ct);
        }

        await StopAsync(run);
        var contents = new List<int>();
        var keys = new List<string>();
        foreach (var key in (await run.KeysAsync()).Where(key => key.EndsWith(".manifest.json", StringComparison.Ordinal)))
        {
            using var manifest = await ManifestAsync(run, key);
            var file = manifest.RootElement.GetProperty("files")[0];
            keys.Add(file.GetProperty("key").GetString()!);
            var body = await sandbox.Cloud.Objects.ReadAsync(sandbox.Sandbox.Bucket, keys[^1], Ct);
            using var content = JsonDocument.Parse(body!.Content);
            contents.Add(content.RootElement.GetProperty("count").GetInt32());
            var head = await sandbox.S3.GetObjectMetadataAsync(new GetObjectMetadataRequest
            {
                BucketName = sandbox.Sandbox.Bucket, Key = keys[^1], ChecksumMode = ChecksumMode.ENABLED,
            }, Ct);
            Assert.Equal(file.GetProperty("crc32").GetString(), head.ChecksumCRC32);
        }

        Assert.Equal(keys.Count, keys.Distinct().Count());
        Assert.Contains(1, contents);
        Assert.Equal(contents.Count, contents.Distinct().Count());
        Assert.True(contents.Count >= 3, string.Join(' ', contents));
    }

    private Task<GuardedRun> StartAsync(string source) => sandbox.StartAsync(Python.Beginning + source, graceSeconds: 8);

    private static async Task<JsonElement> StopAsync(GuardedRun run)
    {
        await GuardedRun.EventuallyAsync(() => run.Log() == "ready\n", run.Tell);
        var answer = await run.CallAsync("stop", "--run", run.Id);
        Assert.Equal(0, answer.ExitCode);
        return GuardedRun.Data(answer.Value);
    }

    private async Task<JsonDocument> ManifestAsync(GuardedRun run, string name)
    {
        var content = await sandbox.Cloud.Objects.ReadAsync(sandbox.Sandbox.Bucket, run.Prefix + name, Ct);
        return JsonDocument.Parse(Encoding.UTF8.GetString(content!.Content.Span));
    }
}
