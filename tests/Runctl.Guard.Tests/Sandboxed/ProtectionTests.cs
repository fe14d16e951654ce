using System.IO.Compression;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>The last good checkpoint is out of harm's way before the training is told.</summary>
public sealed class ProtectionTests(GuardSandbox sandbox)
{
    [Fact]
    public async Task Who_spoils_its_only_file_at_the_signal_does_not_take_the_last_good_version_with_it()
    {
        await using var run = await StartAsync("""
            put("last.pt", archive(2 << 20))
            def spoil():
                with open(path("last.pt"), "wb") as f:
                    f.write(archive(2 << 20, b"later")[:1 << 20])
            at_signal(spoil)
            wait()
            """);
        var handled = await InterruptAsync(run);
        Assert.Equal(("uploaded", "last.pt"), (handled.GetProperty("outcome").GetString(), handled.GetProperty("checkpoint").GetProperty("name").GetString()));
        Assert.False((await run.WaitForAsync("CheckpointSaved")).GetProperty("saved_after_signal").GetBoolean());
        Assert.Equal(["last.pt", "last.pt.manifest.json"], await run.KeysAsync());
        using var archive = new ZipArchive(new MemoryStream(await run.BodyAsync("last.pt")));
        using var reader = new StreamReader(archive.GetEntry("archive/data/0")!.Open());
        Assert.StartsWith("0123456789abcdef", reader.ReadToEnd(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(Path.Combine(run.GuardHome, "runs", run.Id), "protected"));
    }

    [Fact]
    public async Task A_half_written_newest_file_does_not_keep_the_one_before_it_from_safety()
    {
        await using var run = await StartAsync("""
            put("step_1.pt", archive(3200))
            time.sleep(0.05)
            half = open(path("step_2.pt"), "wb")
            half.write(archive(6400)[:3000])
            half.flush()
            at_signal(lambda: os.unlink(path("step_1.pt")))
            wait()
            """);
        var handled = await InterruptAsync(run);
        Assert.Equal(("uploaded", "step_1.pt"), (handled.GetProperty("outcome").GetString(), handled.GetProperty("checkpoint").GetProperty("name").GetString()));
        Assert.Equal(["step_1.pt", "step_1.pt.manifest.json"], await run.KeysAsync());
    }

    [Fact]
    public async Task A_directory_is_put_aside_as_a_whole()
    {
        await using var run = await StartAsync("""
            put("checkpoint-1/model.safetensors", tensors(5000))
            put("checkpoint-1/sub/optimizer.pt", archive(3200))
            at_signal(lambda: put("checkpoint-1/model.safetensors", tensors(5000)[:-100]))
            wait()
            """);
        var handled = await InterruptAsync(run);
        Assert.Equal(("uploaded", "checkpoint-1"), (handled.GetProperty("outcome").GetString(), handled.GetProperty("checkpoint").GetProperty("name").GetString()));
        Assert.Equal(5000, (await run.BodyAsync("checkpoint-1/model.safetensors")).Count(b => b == (byte)'w') - 1);
    }

    private Task<GuardedRun> StartAsync(string source) => sandbox.StartAsync(Python.Beginning + source, graceSeconds: 8, mirror: false);

    private static async Task<System.Text.Json.JsonElement> InterruptAsync(GuardedRun run)
    {
        await run.PrintedAsync("ready");
        return await run.InterruptAsync();
    }
}
