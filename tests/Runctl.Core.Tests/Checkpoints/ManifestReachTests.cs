using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Json;
using Runctl.Runs;

namespace Runctl.Core.Tests.Checkpoints;

/// <summary>Which objects a manifest may name. The same table is in test_reach.py of the guard.</summary>
public sealed class ManifestReachTests
{
    private static readonly StoreReference Store = new("b", "ck/spot", "ck/runctl");

    [Theory]
    [InlineData("b", "ck/spot/i-0a1/checkpoints/epoch_1.pt.manifest.json", true, "ck/spot/")]
    [InlineData("b", "ck/spot/host.example/checkpoints/a/b.pt.manifest.json", true, "ck/spot/")]
    [InlineData("b", "ck/spot/i-0a1/checkpoints/epoch_1.pt.manifest.json", false, "ck/spot/")]
    [InlineData("b", "ck/spot/i-0a1/checkpoints/i-1/checkpoints/a.pt.manifest.json", false, "ck/spot/i-0a1/checkpoints/")]
    [InlineData("other", "ck/spot/i-0a1/checkpoints/epoch_1.pt.manifest.json", true, "ck/spot/")]
    [InlineData("other", "old/i-0a1/checkpoints/epoch_1.pt.manifest.json", true, "old/")]
    [InlineData("b", "ck/spotless/i-0a1/checkpoints/epoch_1.pt.manifest.json", true, "ck/spotless/")]
    [InlineData("b", "ck/runctl/orders/r-1/1/resume/model.pt.manifest.json", true, "ck/runctl/orders/r-1/1/resume/")]
    [InlineData("b", "ck/spot/host.example/checkpoints/a/b.pt.manifest.json", false, "ck/spot/host.example/checkpoints/a/")]
    [InlineData("b", "i-0a1/checkpoints/a.pt.manifest.json", false, "i-0a1/checkpoints/")]
    [InlineData("b", "a.pt.manifest.json", false, "a.pt")]
    public void A_manifest_names_objects_below_its_prefix_or_its_own_folder(string bucket, string key, bool isKnown, string folder) =>
        Assert.Equal(folder, ManifestReach.FolderOf(new S3Uri(bucket, key), isKnown ? Store : null));

    [Theory]
    [InlineData("terraform/prod.tfstate")]
    [InlineData("ck/spot")]
    [InlineData("ck/spotless/x")]
    [InlineData("ck/spot/../runctl/orders/r-1/1/spec.json")]
    [InlineData("ck/spot/./x")]
    [InlineData("/ck/spot/x")]
    [InlineData("ck/runctl/runs/r-1/run.json")]
    [InlineData("")]
    public async Task A_key_elsewhere_is_refused_and_named(string key)
    {
        var cloud = new FakeCloud();
        const string Good = "ck/spot/i-0b2/checkpoints/epoch_0.pt";
        const string At = "ck/spot/i-0a1/checkpoints/epoch_1.pt.manifest.json";
        void Write(string named) => cloud.Store.Put(At, RunctlJson.Write(new ManifestRecord { RunId = "r", InstanceId = "i-0a1", Name = "epoch_1.pt", Files = [new CheckpointFile("epoch_0.pt", Good, 1, "c"), new CheckpointFile("epoch_1.pt", named, 1, "c")] }));
        var catalog = new CheckpointCatalog(cloud, new RunctlConfiguration { S3Bucket = "b", S3Prefix = "ck/spot", RunPrefix = "ck/runctl" });
        Write(key);
        var error = await Assert.ThrowsAsync<RunctlException>(() => catalog.GetAsync($"s3://b/{At}", TestContext.Current.CancellationToken));
        Assert.Equal(("KeyRefused", key), (error.Id, error.Target));
        Assert.Contains("does not lie below s3://b/ck/spot/", error.Message, StringComparison.Ordinal);
        Write("ck/spot/a..b/c");
        Assert.Equal(2, (await catalog.GetAsync($"s3://b/{At}", TestContext.Current.CancellationToken)).Files.Count);
    }
}
