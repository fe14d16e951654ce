using System.Text;
using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Json;
using Runctl.Progress;

namespace Runctl.Core.Tests.Checkpoints;

public sealed class CheckpointDownloadTests : IDisposable
{
    private readonly FakeCloud _cloud = new();
    private readonly TempDirectory _target = new();
    private readonly RunctlConfiguration _configuration = new() { S3Bucket = "b" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private CheckpointCatalog Catalog => new(_cloud, _configuration);

    public void Dispose() => _target.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(40_000_000)]
    public async Task A_file_comes_whole_whatever_its_size(int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        var checkpoint = await CommitAsync("epoch_1.pt", ("epoch_1.pt", content));
        var path = await DownloadAsync(checkpoint);
        Assert.Equal(Path.Combine(_target.Path, "epoch_1.pt"), path);
        var read = await File.ReadAllBytesAsync(path, Token);
        Assert.True(content.AsSpan().SequenceEqual(read));
        Assert.Single(Directory.EnumerateFileSystemEntries(_target.Path));
    }

    [Fact]
    public async Task A_directory_comes_with_all_its_files()
    {
        var checkpoint = await CommitAsync("checkpoint-500", ("checkpoint-500/a.json", [1]), ("checkpoint-500/deep/b.bin", [2, 3]));
        var path = await DownloadAsync(checkpoint);
        Assert.Equal([1], await File.ReadAllBytesAsync(Path.Combine(path, "a.json"), Token));
        Assert.Equal([2, 3], await File.ReadAllBytesAsync(Path.Combine(path, "deep/b.bin"), Token));
        await DownloadAsync(checkpoint, overwrite: true);
        Assert.Single(Directory.EnumerateFileSystemEntries(_target.Path));
    }

    [Fact]
    public async Task Damage_is_found_and_nothing_is_left()
    {
        var checkpoint = await CommitAsync("epoch_1.pt", ("epoch_1.pt", [1, 2, 3]));
        _cloud.Store.Put("p/epoch_1.pt", "xyz");
        Assert.Equal("ChecksumMismatch", (await Assert.ThrowsAsync<RunctlException>(() => DownloadAsync(checkpoint))).Id);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_target.Path));
    }

    [Fact]
    public async Task What_is_there_stays_unless_it_may_be_replaced()
    {
        var checkpoint = await CommitAsync("epoch_1.pt", ("epoch_1.pt", [1, 2, 3]));
        _target.Write("epoch_1.pt", "mine");
        Assert.Equal("FileExists", (await Assert.ThrowsAsync<RunctlException>(() => DownloadAsync(checkpoint))).Id);
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(_target.Path, "epoch_1.pt"), Token));
        await DownloadAsync(checkpoint, overwrite: true);
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(Path.Combine(_target.Path, "epoch_1.pt"), Token));
    }

    [Theory]
    [InlineData("../evil.pt")]
    [InlineData("/etc/evil.pt")]
    [InlineData("checkpoint/../../evil.pt")]
    [InlineData("checkpoint/./evil.pt")]
    [InlineData("checkpoint//evil.pt")]
    public async Task A_path_that_leads_out_is_refused_before_anything_is_written(string path)
    {
        var checkpoint = await CommitAsync("epoch_1.pt", (path, [1]));
        Assert.Equal("UnsafePath", (await Assert.ThrowsAsync<RunctlException>(() => DownloadAsync(checkpoint))).Id);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_target.Path));
    }

    [Theory]
    [InlineData("s3://b/p/epoch_1.pt")]
    [InlineData("s3://b/p/epoch_1.pt.manifest.json")]
    [InlineData("s3://b/p/")]
    public async Task A_checkpoint_is_found_by_its_path_its_manifest_or_what_holds_it(string uri)
    {
        await CommitAsync("epoch_1.pt", ("epoch_1.pt", [1]));
        Assert.Equal("s3://b/p/epoch_1.pt.manifest.json", (await Catalog.GetAsync(uri, Token)).Manifest);
    }

    [Fact]
    public async Task An_object_without_a_manifest_is_no_checkpoint()
    {
        _cloud.Store.Put("p/epoch_1.pt", "x");
        Assert.Equal("CheckpointNotFound", (await Assert.ThrowsAsync<RunctlException>(() => Catalog.GetAsync("s3://b/p/epoch_1.pt", Token))).Id);
    }

    [Fact]
    public void The_checksum_is_that_of_s3()
    {
        var crc = new Crc32();
        crc.Append(Encoding.ASCII.GetBytes("1234"));
        crc.Append(Encoding.ASCII.GetBytes("56789"));
        Assert.Equal(0xCBF43926u, crc.Value);
        Assert.Equal("y/Q5Jg==", crc.Base64);
    }

    private Task<string> DownloadAsync(RunctlCheckpoint checkpoint, bool overwrite = false) => Catalog.DownloadAsync(checkpoint, _target.Path, overwrite, new Collect<ProgressUpdate>(), Token);

    private async Task<RunctlCheckpoint> CommitAsync(string name, params (string Path, byte[] Content)[] files)
    {
        var records = new List<CheckpointFile>();
        foreach (var (path, content) in files)
        {
            var key = path.Contains("./", StringComparison.Ordinal) ? "p/object" : "p/" + path;
            _cloud.Store.Objects[key] = (content, "1");
            records.Add(new CheckpointFile(path, key, content.Length, (await Crc32.OfAsync(new MemoryStream(content), Token)).Base64));
        }

        var manifest = new ManifestRecord { RunId = "r", Name = name, Kind = files.Length == 1 ? "file" : "directory", Files = records, Bytes = files.Sum(f => f.Content.Length) };
        _cloud.Store.Objects[$"p/{name}{ManifestRecord.Suffix}"] = (RunctlJson.WriteUtf8(manifest), "1");
        return await Catalog.GetAsync($"s3://b/p/{name}", Token);
    }
}
