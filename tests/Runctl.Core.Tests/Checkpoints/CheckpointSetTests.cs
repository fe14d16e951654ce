using System.Globalization;
using System.Text;
using System.Text.Json;
using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Progress;

namespace Runctl.Core.Tests.Checkpoints;

/// <summary>Checkpoints of several files, as manifests of schema 2 list them, and those of version 0.1 beside them.</summary>
public sealed class CheckpointSetTests : IDisposable
{
    private readonly FakeCloud _cloud = new();
    private readonly TempDirectory _target = new();
    private readonly Collect<ProgressUpdate> _progress = new();
    private IReadOnlyList<string> _warnings = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private CheckpointCatalog Catalog => new(_cloud, new RunctlConfiguration { S3Bucket = "b", S3Prefix = "p" });

    public void Dispose() => _target.Dispose();

    [Fact]
    public async Task A_checkpoint_has_its_files_with_path_size_class_and_link()
    {
        var checkpoint = await CommitAsync("ckpt-4", Tensorflow(4));
        Assert.Equal(
            [("ckpt-4.index", 1L, "save", null), ("ckpt-4.data-00000-of-00001", 4L, "save", null), ("checkpoint", 6L, "current", null), ("latest", 0L, "current", "ckpt-4.index"), ("ckpt-2.index", 1L, "older", null)],
            checkpoint.Files.Select(f => (f.Path, f.Size, f.Class, f.Link)));
        Assert.Equal(("ckpt-4", 11L, true, "/home/ubuntu/p/checkpoints", 4L), (checkpoint.Name, checkpoint.Size, checkpoint.Complete, checkpoint.Directory, checkpoint.Step!.Value));
    }

    [Fact]
    public async Task The_whole_set_comes_without_the_older_checkpoints_that_lay_beside_it()
    {
        await SaveAsync(await CommitAsync("ckpt-4", Tensorflow(4)));
        Assert.Equal(["checkpoint", "ckpt-4.data-00000-of-00001", "ckpt-4.index", "latest"], There());
        Assert.Equal("ckpt-4.index", new FileInfo(At("latest")).LinkTarget);
    }

    [Fact]
    public async Task Older_checkpoints_come_where_they_are_asked_for()
    {
        var checkpoint = await CommitAsync("ckpt-4", Tensorflow(4));
        await SaveAsync(checkpoint, CheckpointSelection.Whole(checkpoint, older: true));
        Assert.Contains("ckpt-2.index", There());
    }

    [Fact]
    public async Task The_head_of_TensorFlow_is_the_files_of_its_prefix()
    {
        var checkpoint = await CommitAsync("ckpt-4", Tensorflow(4));
        await SaveAsync(checkpoint, CheckpointSelection.Head(checkpoint));
        Assert.Equal(["ckpt-4.data-00000-of-00001", "ckpt-4.index"], There());
    }

    [Fact]
    public async Task The_head_that_is_a_directory_comes_as_a_whole_and_one_that_is_a_link_with_what_it_leads_to()
    {
        var directory = await CommitAsync("global_step8", ("global_step8/a.pt", "a", "save", null), ("global_step8/deep/b.pt", "b", "save", null), ("latest", "global_step8", "current", null));
        await SaveAsync(directory, CheckpointSelection.Head(directory));
        Assert.Equal(["global_step8/a.pt", "global_step8/deep/b.pt"], There());

        var link = await CommitAsync("last.ckpt", ("epoch=3.ckpt", "e", "save", null), ("last.ckpt", "", "save", "epoch=3.ckpt"), ("args.json", "{}", "current", null));
        await SaveAsync(link, CheckpointSelection.Head(link));
        Assert.Equal(["epoch=3.ckpt", "global_step8/a.pt", "global_step8/deep/b.pt", "last.ckpt"], There());
    }

    [Fact]
    public async Task What_several_checkpoints_have_in_common_is_no_obstacle_and_what_differs_stays_with_a_warning()
    {
        await SaveAsync(await CommitAsync("epoch_2.pt", ("epoch_2.pt", "two", "save", null), ("args.json", "{}", "current", null), ("latest", "epoch_2.pt", "current", null)));
        Assert.Empty(_warnings);
        var older = await CommitAsync("epoch_1.pt", ("epoch_1.pt", "one", "save", null), ("args.json", "{}", "current", null), ("latest", "epoch_1.pt", "current", null));
        await SaveAsync(older);
        Assert.Contains("latest", Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.Equal(["args.json", "epoch_1.pt", "epoch_2.pt", "latest"], There());
        Assert.Equal("epoch_2.pt", await File.ReadAllTextAsync(At("latest"), Token));
        await SaveAsync(older, overwrite: true);
        Assert.Equal("epoch_1.pt", await File.ReadAllTextAsync(At("latest"), Token));
    }

    [Fact]
    public async Task What_is_all_there_already_is_an_error_and_with_Force_no_work()
    {
        var checkpoint = await CommitAsync("epoch_2.pt", ("epoch_2.pt", "two", "save", null), ("args.json", "{}", "current", null));
        await SaveAsync(checkpoint);
        Assert.Equal(("FileExists", At("epoch_2.pt")), await RefusalAsync(checkpoint) is { } error ? (error.Id, error.Target) : default);
        _cloud.Store.BeforeOpen = _ => throw new InvalidOperationException("It is downloaded again.");
        await SaveAsync(checkpoint, overwrite: true);
    }

    [Fact]
    public async Task A_directory_is_never_mixed_from_two_versions()
    {
        var checkpoint = await CommitAsync("step", ("step/new.pt", "n", "save", null));
        _target.Write("step/stale.pt");
        Assert.Equal("FileExists", (await RefusalAsync(checkpoint)).Id);
        await SaveAsync(checkpoint, overwrite: true);
        Assert.Equal(["step/new.pt"], There());
    }

    [Theory]
    [InlineData("epoch:299-val_loss:0.ckpt")]
    [InlineData("run 2026-01-31T12:00:00.pt")]
    [InlineData("back\\slash\\..\\..\\x.pt")]
    [InlineData("C:\\x.pt")]
    [InlineData("new\nline \"quoted\" größe 🚀.pt")]
    [InlineData("step:5/CON")]
    [InlineData("ends with a point.")]
    public async Task A_name_is_kept_as_it_is_where_the_file_system_takes_it(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows forbids these names.");
        var checkpoint = await CommitAsync(name.Split('/')[0], (name, "content", "save", null));
        await SaveAsync(checkpoint);
        Assert.Equal("content", await File.ReadAllTextAsync(At(name), Token));
    }

    [Fact]
    public async Task A_name_as_long_as_the_file_system_allows_is_saved()
    {
        var checkpoint = await CommitAsync(new string('n', 255), (new string('n', 255), "content", "save", null));
        await SaveAsync(checkpoint);
        Assert.Equal([new string('n', 255)], There());
    }

    [Theory]
    [InlineData("epoch:299.ckpt", "Windows does not allow : in a file name")]
    [InlineData("step:5/x.pt", "Windows does not allow : in a file name")]
    [InlineData("a\\b.pt", "Windows does not allow \\ in a file name")]
    [InlineData("what?\n.pt", "Windows does not allow ? the control character 10 in a file name")]
    [InlineData("deep/con.pt", "Windows keeps the name con for a device")]
    [InlineData("point.", "ends in a point or a space")]
    public void On_Windows_the_error_says_what_Windows_does_not_allow(string path, string reason)
    {
        var error = Assert.Throws<RunctlException>(() => new CheckpointPaths("m", isWindows: true).Check([File_(path)]));
        Assert.Equal(("NameNotAllowed", path), (error.Id, error.Target));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_differ_in_case_only_are_refused_on_Windows_and_nowhere_else()
    {
        CheckpointFile[] files = [File_("Best.pt"), File_("best.pt")];
        new CheckpointPaths("m", isWindows: false).Check(files);
        Assert.Equal("NameNotAllowed", Assert.Throws<RunctlException>(() => new CheckpointPaths("m", isWindows: true).Check(files)).Id);
    }

    [Theory]
    [InlineData("link", "../outside")]
    [InlineData("link", "/etc/passwd")]
    [InlineData("deep/link", "../../outside")]
    [InlineData("deep/link", "x/../../../outside")]
    public async Task A_link_out_of_the_destination_is_refused_before_anything_is_written(string path, string target)
    {
        var checkpoint = await CommitAsync("a.pt", ("a.pt", "a", "save", null), (path, "", "current", target));
        Assert.Equal("UnsafePath", (await RefusalAsync(checkpoint)).Id);
        Assert.Empty(There());
    }

    [Fact]
    public async Task Nothing_is_written_through_a_link_of_the_set_or_one_that_is_there_already()
    {
        var through = await CommitAsync("a.pt", ("a", "", "save", "b"), ("a/x.pt", "a", "save", null));
        Assert.Equal("UnsafePath", (await RefusalAsync(through)).Id);

        using var elsewhere = new TempDirectory();
        File.CreateSymbolicLink(At("out"), elsewhere.Path);
        var there = await CommitAsync("out/x.pt", ("out/x.pt", "a", "save", null));
        Assert.Equal("LinkInTheWay", (await RefusalAsync(there)).Id);
        Assert.Empty(Directory.EnumerateFileSystemEntries(elsewhere.Path));
    }

    [Fact]
    public async Task A_chain_of_links_does_not_climb_out()
    {
        // Each stays inside by its text; followed through the first one, the second would come out above the destination.
        var checkpoint = await CommitAsync("a/b.pt", ("a/b.pt", "b", "save", null), ("a/root", "", "current", ".."), ("climb", "", "current", "a/root/../secret"));
        await SaveAsync(checkpoint);
        Assert.Equal("a/secret", new FileInfo(At("climb")).LinkTarget);
    }

    [Fact]
    public async Task A_file_that_replaces_a_link_does_not_change_what_the_link_led_to()
    {
        using var elsewhere = new TempDirectory();
        var mine = elsewhere.Write("mine", "mine");
        File.CreateSymbolicLink(At("a.pt"), mine);
        await SaveAsync(await CommitAsync("a.pt", ("a.pt", "theirs", "save", null)), overwrite: true);
        Assert.Equal(("mine", "theirs", null), (await File.ReadAllTextAsync(mine, Token), await File.ReadAllTextAsync(At("a.pt"), Token), new FileInfo(At("a.pt")).LinkTarget));
    }

    [Theory]
    [InlineData("twice", "a.pt", "a.pt")]
    [InlineData("a file and a directory", "a", "a/b.pt")]
    public async Task A_manifest_that_contradicts_itself_is_refused(string what, string one, string other)
    {
        var error = await RefusalAsync(await CommitAsync("x", (one, "1", "save", null), (other, "2", "save", null)));
        Assert.Equal("ManifestInvalid", error.Id);
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_in_one_of_many_leaves_nothing()
    {
        var checkpoint = await CommitAsync("s", [.. Enumerable.Range(0, 50).Select(i => ($"s/{i}", "content", "save", (string?)null))]);
        _cloud.Store.Put("p/i-1/checkpoints/s/31", "CONTENT");
        Assert.Equal("ChecksumMismatch", (await RefusalAsync(checkpoint)).Id);
        Assert.Empty(There());
    }

    [Fact]
    public async Task A_thousand_small_files_come_eight_at_a_time()
    {
        var checkpoint = await CommitAsync("s", [.. Enumerable.Range(0, 1000).Select(i => ($"s/{i}", "content", "save", (string?)null))]);
        var (gate, waiting, all) = (new object(), 0, new TaskCompletionSource());
        _cloud.Store.BeforeOpen = _ =>
        {
            lock (gate)
            {
                var round = all;
                if (++waiting == 8)
                {
                    // Nothing comes before eight are under way, so less would never end.
                    (waiting, all) = (0, new TaskCompletionSource());
                    round.SetResult();
                }

                return round.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
            }
        };
        await SaveAsync(checkpoint);
        Assert.Equal(1000, There().Count);
    }

    [Fact]
    public async Task Progress_counts_bytes_and_files()
    {
        await SaveAsync(await CommitAsync("s", [.. Enumerable.Range(0, 20).Select(i => ($"s/{i}", "content", "save", (string?)null))]));
        Assert.Contains(" of 140 bytes, ", Assert.Single(_progress.All.Take(1)).Status, StringComparison.Ordinal);
        Assert.Contains(" of 20 files", _progress.All[0].Status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_manifests_of_one_save_the_newest_is_the_checkpoint()
    {
        await CommitAsync("a.pt", ("a.pt", "a", "save", null));
        Write("a.pt@1.20260131120009", Manifest("a.pt", created: 9, complete: true, Entry("a.pt", "a", "save", null), Entry("best.pt", "b", "current", null)));
        Write("a.pt", Manifest("a.pt", created: 3, complete: false, Entry("a.pt", "a", "save", null)));
        var checkpoint = Assert.Single(await FindAsync());
        Assert.Equal(("s3://b/p/i-1/checkpoints/a.pt@1.20260131120009.manifest.json", true, 2), (checkpoint.Manifest, checkpoint.Complete, checkpoint.Files.Count));
        Assert.Equal(checkpoint.Manifest, (await Catalog.GetAsync("s3://b/p/i-1/checkpoints/a.pt.manifest.json", Token)).Manifest);
    }

    [Fact]
    public async Task A_checkpoint_that_is_not_complete_says_what_is_missing()
    {
        Write("a.pt", Manifest("a.pt", 3, complete: false, Entry("a.pt", "a", "save", null)));
        var checkpoint = Assert.Single(await FindAsync());
        Assert.False(checkpoint.Complete);
        Assert.Equal([("best.pt", "not sent yet")], checkpoint.Missing.Select(m => (m.Path, m.Reason)));
    }

    [Fact]
    public async Task Two_saves_under_one_name_are_two_checkpoints()
    {
        Write("a.pt", Manifest("a.pt", 3, complete: true, Entry("a.pt", "a", "save", null)));
        Write("a.pt@1.x", Manifest("a.pt", 9, complete: true, Entry("a.pt", "b", "save", null)) with { SavedAt = 8 });
        Assert.Equal(2, (await FindAsync()).Count);
    }

    [Theory]
    [InlineData("s3://b/p/i-1/checkpoints/ckpt-4.index")]
    [InlineData("s3://b/p/i-1/checkpoints/ckpt-4")]
    [InlineData("s3://b/p/i-1/checkpoints/ckpt-4.manifest.json")]
    public async Task A_checkpoint_is_found_by_any_file_of_its_save(string uri)
    {
        await CommitAsync("ckpt-4", Tensorflow(4));
        Assert.Equal("ckpt-4", (await Catalog.GetAsync(uri, Token)).Name);
    }

    [Fact]
    public async Task A_checkpoint_in_a_folder_is_found_by_the_last_part_of_its_name()
    {
        await CommitAsync("exp1/last.ckpt", ("exp1/last.ckpt", "a", "save", null));
        Assert.Equal("exp1/last.ckpt", Assert.Single(await FindAsync("last.ckpt")).Name);
    }

    [Fact]
    public async Task A_directory_of_version_0_1_whose_paths_are_relative_to_itself_is_read()
    {
        Put("run-4/a.pt", "a");
        Put("run-4/deep/b.pt", "b");
        _cloud.Store.Put("p/i-1/checkpoints/run-4.manifest.json", JsonSerializer.Serialize(new
        {
            schema = 1, run_id = "r", attempt = 1, node = 0, nodes = 1, instance_id = "i-1", name = "run-4", kind = "directory", path = "/x/run-4", step = 4, reason = "periodic", saved_at = "2026-01-31T12:00:00Z",
            files = new[] { new { path = "a.pt", key = "p/i-1/checkpoints/run-4/a.pt", size = 1, crc32 = Crc("a") }, new { path = "deep/b.pt", key = "p/i-1/checkpoints/run-4/deep/b.pt", size = 1, crc32 = Crc("b") } },
            bytes = 2, validation = new { format = "directory", level = "structure", detail = (string?)null },
        }));
        var checkpoint = Assert.Single(await FindAsync());
        Assert.Equal((true, "s3://b/p/i-1/checkpoints/run-4/"), (checkpoint.Complete, checkpoint.S3Uri));
        Assert.Equal(At("run-4"), await SaveAsync(checkpoint));
        Assert.Equal(["run-4/a.pt", "run-4/deep/b.pt"], There());
    }

    [Fact]
    public async Task A_manifest_of_a_later_schema_is_refused_with_what_to_do()
    {
        _cloud.Store.Put("p/i-1/checkpoints/a.pt.manifest.json", "{\"schema\":3,\"run_id\":\"r\",\"name\":\"a.pt\",\"files\":[]}");
        var error = await Assert.ThrowsAsync<RunctlException>(() => Catalog.GetAsync("s3://b/p/i-1/checkpoints/a.pt", Token));
        Assert.Equal("RecordDamaged", error.Id);
        Assert.Contains("update Runctl", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_that_can_not_be_used_is_told_and_hides_no_other()
    {
        await CommitAsync("epoch_1.pt", ("epoch_1.pt", "a", "save", null));
        _cloud.Store.Put("p/i-1/checkpoints/torn.pt.manifest.json", "{\"schema\":2,");
        _cloud.Store.Put("p/i-1/checkpoints/forged.pt.manifest.json", "{\"schema\":2,\"run_id\":\"r\",\"name\":\"a\",\"files\":[{\"path\":\"a\",\"key\":\"terraform/prod.tfstate\",\"size\":1,\"crc32\":\"c\"}]}");
        var refused = new System.Collections.Concurrent.ConcurrentBag<string>();
        var found = new List<string>();
        await foreach (var checkpoint in Catalog.FindAsync(null, null, null, Token, error => refused.Add(error.Id)))
        {
            found.Add(checkpoint.Name);
        }

        Assert.Equal("epoch_1.pt", Assert.Single(found));
        Assert.Equal(["KeyRefused", "RecordDamaged"], refused.Order());
    }

    private static CheckpointFile File_(string path) => new(path, "k", 1, "AAAAAA==");

    private static (string Path, string Content, string Class, string? Link)[] Tensorflow(int step) =>
    [
        ($"ckpt-{step}.index", "i", "save", null), ($"ckpt-{step}.data-00000-of-00001", "data", "save", null), ("checkpoint", $"ckpt-{step}", "current", null),
        ("latest", "", "current", $"ckpt-{step}.index"), ("ckpt-2.index", "o", "older", null),
    ];

    private string At(string path) => Path.Combine(_target.Path, path);

    private List<string> There() => [.. Directory.EnumerateFileSystemEntries(_target.Path, "*", SearchOption.AllDirectories).Where(path => File.Exists(path) || new FileInfo(path).LinkTarget is not null)
        .Select(path => Path.GetRelativePath(_target.Path, path)).Order(StringComparer.Ordinal)];

    private async Task<List<RunctlCheckpoint>> FindAsync(string? name = null)
    {
        var found = new List<RunctlCheckpoint>();
        await foreach (var checkpoint in Catalog.FindAsync("r", "i-1", name, Token))
        {
            found.Add(checkpoint);
        }

        return found;
    }

    private async Task<string?> SaveAsync(RunctlCheckpoint checkpoint, IReadOnlyList<CheckpointFile>? files = null, bool overwrite = false)
    {
        var downloaded = await Catalog.DownloadAsync(checkpoint, files ?? CheckpointSelection.Whole(checkpoint, older: false), _target.Path, overwrite, _progress, Token);
        _warnings = downloaded.Warnings;
        Assert.DoesNotContain(There(), path => path[0] == '.');
        return downloaded.Head;
    }

    private Task<RunctlException> RefusalAsync(RunctlCheckpoint checkpoint) => Assert.ThrowsAsync<RunctlException>(() => SaveAsync(checkpoint));

    private async Task<RunctlCheckpoint> CommitAsync(string head, params (string Path, string Content, string Class, string? Link)[] files)
    {
        Write(head, Manifest(head, 3, complete: true, [.. files.Select(file => Entry(file.Path, file.Content, file.Class, file.Link))]));
        return await Catalog.GetAsync($"s3://b/p/i-1/checkpoints/{head}.manifest.json", Token);
    }

    private void Write(string name, Wire manifest) => _cloud.Store.Put($"p/i-1/checkpoints/{name}.manifest.json", JsonSerializer.Serialize(new
    {
        schema = 2, run_id = "r", attempt = 1, node = 0, nodes = 1, instance_id = "i-1", name = manifest.Head, head = manifest.Head, kind = manifest.Files.Any(file => file.Path == manifest.Head) ? "file" : manifest.Files.Any(file => file.Path.StartsWith(manifest.Head + "/", StringComparison.Ordinal)) ? "directory" : "file",
        path = "/home/ubuntu/p/checkpoints/" + manifest.Head, directory = "/home/ubuntu/p/checkpoints", step = 4, last_step = 5, reason = "periodic",
        saved_at = DateTimeOffset.UnixEpoch.AddSeconds(manifest.SavedAt).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), saved_after_signal = true, parent = (string?)null,
        created = DateTimeOffset.UnixEpoch.AddSeconds(manifest.Created).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        bytes = manifest.Files.Where(file => file.Class != "older").Sum(file => file.Content.Length), complete = manifest.Complete,
        missing = manifest.Complete ? [] : new[] { new { path = "best.pt", reason = "not sent yet" } },
        files = manifest.Files.Select(file => file.Link is null
            ? (object)new { path = file.Path, key = "p/i-1/checkpoints/" + file.Path, size = file.Content.Length, crc32 = Crc(file.Content), @class = file.Class }
            : new { path = file.Path, @class = file.Class, link = file.Link }),
        validation = new { format = "zip", level = "full", detail = (string?)null },
    }));

    private static Wire Manifest(string head, int created, bool complete, params Item[] files) => new(head, 2, created, complete, files);

    private Item Entry(string path, string content, string @class, string? link)
    {
        if (link is null)
        {
            Put(path, content);
        }

        return new Item(path, content, @class, link);
    }

    private void Put(string path, string content) => _cloud.Store.Put("p/i-1/checkpoints/" + path, content);

    private static string Crc(string content)
    {
        var crc = new Crc32();
        crc.Append(Encoding.UTF8.GetBytes(content));
        return crc.Base64;
    }

    private sealed record Item(string Path, string Content, string Class, string? Link);

    private sealed record Wire(string Head, int SavedAt, int Created, bool Complete, Item[] Files);
}
