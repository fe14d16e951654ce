using Runctl.Checkpoints;
using Runctl.Core.Tests.Fakes;
using Runctl.Json;
using Runctl.Resuming;
using Runctl.Telling;

namespace Runctl.Core.Tests.Resuming;

/// <summary>Which checkpoint is gone on from where manifests list whole saves.</summary>
public sealed class ChosenSetTests
{
    private const string Base = "saved/i-1/checkpoints/";
    private static readonly CheckpointFile[] Save = [new("ckpt-8.index", Base + "ckpt-8.index", 1, "c"), new("ckpt-8.data", Base + "ckpt-8.data", 1, "c")];
    private readonly Story _story = new();

    [Fact]
    public async Task A_save_that_lacks_one_of_its_files_is_passed_over()
    {
        Commit("ckpt-4", 4, 4, [new("ckpt-4.index", Base + "ckpt-4.index", 1, "c")]);
        Commit("ckpt-8", 8, 8, Save);
        _story.Cloud.Store.Objects.TryRemove(Base + "ckpt-8.data", out _);
        Assert.Equal("ckpt-4", await ChooseAsync());
        Assert.Contains("ckpt-8.data is missing", Assert.Single(_story.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_checkpoint_that_is_listed_and_gone_does_not_matter_and_neither_does_a_link()
    {
        Commit("ckpt-8", 8, 8, [.. Save, new("ckpt-4", Base + "gone", 1, "c") { Class = "older" }, new("latest", null, 0, null) { Class = "current", Link = "ckpt-8.index" }]);
        Assert.Equal("ckpt-8", await ChooseAsync());
        Assert.Empty(_story.Warnings);
    }

    [Fact]
    public async Task A_save_that_is_whole_counts_although_what_travels_with_it_is_not_all_there()
    {
        Commit("ckpt-8", 8, 8, Save, complete: false);
        Assert.Equal("ckpt-8", await ChooseAsync());
    }

    [Fact]
    public async Task Of_two_manifests_of_one_save_the_second_is_taken_and_the_first_where_the_second_proves_bad()
    {
        Commit("ckpt-8", 8, 8, Save, complete: false);
        Commit("ckpt-8", 8, 9, [.. Save, new("checkpoint", Base + "checkpoint", 1, "c") { Class = "current" }], key: "ckpt-8@1.9");
        Assert.EndsWith("ckpt-8@1.9.manifest.json", await ChooseUriAsync(), StringComparison.Ordinal);
        _story.Cloud.Store.Objects.TryRemove(Base + "checkpoint", out _);
        Assert.EndsWith("ckpt-8.manifest.json", await ChooseUriAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_time_of_a_save_decides_and_never_a_number_in_a_name()
    {
        Commit("epoch=8.ckpt", 10, 10, Save, step: 8);
        Commit("epoch=8-v1.ckpt", 10, 11, Save, step: 1);
        Assert.Equal("epoch=8-v1.ckpt", await ChooseAsync());
    }

    [Fact]
    public async Task The_choice_is_told_with_its_reason()
    {
        var log = new RecordedLog();
        using var used = CommandLog.Use(log);
        Assert.Null(await ChooseAsync());
        Commit("ckpt-4", 4, 4, Save);
        Assert.Equal("ckpt-4", await ChooseAsync());
        Assert.Equal(2, log.Decisions.Count);
        Assert.StartsWith("No checkpoint of run", log.Decisions[0], StringComparison.Ordinal);
        Assert.StartsWith("Checkpoint ckpt-4 of attempt 1 is chosen: the newest of run", log.Decisions[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_of_a_later_version_is_passed_over_with_what_to_do()
    {
        Commit("ckpt-4", 4, 4, Save);
        _story.Cloud.Store.Put(Base + "new.manifest.json", "{\"schema\":3,\"run_id\":\"r\",\"name\":\"new\"}");
        Assert.Equal("ckpt-4", await ChooseAsync());
        Assert.Contains("update Runctl", Assert.Single(_story.Warnings), StringComparison.Ordinal);
    }

    private async Task<(S3Uri Uri, ManifestRecord Manifest)?> ChooseBothAsync() =>
        await new CheckpointChoice(_story.Cloud, _story.Spec, _story.Warnings.Add).ChooseAsync(_story.Record, new HashSet<string>(), TestContext.Current.CancellationToken);

    private async Task<string?> ChooseAsync() => (await ChooseBothAsync())?.Manifest.Name;

    private async Task<string?> ChooseUriAsync() => (await ChooseBothAsync())?.Uri.ToString();

    private void Commit(string head, int saved, int created, CheckpointFile[] files, bool complete = true, string? key = null, long? step = null)
    {
        foreach (var file in files.Where(file => file.Key is not null && file.Class != CheckpointFile.Older))
        {
            _story.Cloud.Store.Put(file.Key!, "x");
        }

        var manifest = new ManifestRecord
        {
            Schema = 2, RunId = Story.RunId, Attempt = 1, InstanceId = "i-1", Name = head, Step = step, SavedAt = DateTimeOffset.UnixEpoch.AddSeconds(saved), Created = DateTimeOffset.UnixEpoch.AddSeconds(created), Complete = complete, Files = files,
        };
        _story.Cloud.Store.Put($"{Base}{key ?? head}{ManifestRecord.Suffix}", RunctlJson.Write(manifest));
    }
}
