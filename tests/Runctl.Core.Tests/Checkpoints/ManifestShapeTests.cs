using System.Text.Json.Nodes;
using Runctl.Checkpoints;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Json;

namespace Runctl.Core.Tests.Checkpoints;

/// <summary>What is read as a manifest and is none is passed over with a warning. The guard has such a table in test_manifest.py.</summary>
public sealed class ManifestShapeTests
{
    private const string At = "ck/spot/i-0a1/checkpoints/epoch_1.pt.manifest.json";

    public static TheoryData<string, string> Changes => new()
    {
        { "saved_at", "null" }, { "saved_at", "[]" }, { "saved_at", "\"x\"" },
        { "files", "null" }, { "files", "{\"a\": 1}" }, { "files", "\"abc\"" }, { "files", "[5]" }, { "files", "[null]" },
        { "name", "null" }, { "name", "5" }, { "run_id", "null" }, { "missing", "null" }, { "schema", "3" }, { "schema", "[]" }, { "step", "{}" },
        { "size", "-5" }, { "size", "true" }, { "size", "7.5" }, { "size", "1e999" }, { "path", "null" }, { "path", "5" }, { "path", "\"\"" },
        { "path", "\"a\\ud800\"" }, { "path", "\"a\\u001b[2J\"" }, { "reason", "\"a\\u0007\"" }, { "path", $"\"{new string('a', 256)}\"" }, { "path", $"\"{string.Join('/', Enumerable.Repeat("a", 65))}\"" },
        { "path", $"\"{string.Join('/', Enumerable.Repeat(new string('a', 200), 6))}\"" }, { "key", "null" }, { "crc32", "5" },
        { "link", "\"\"" }, { "link", "5" }, { "link", $"\"{new string('a', 5000)}\"" }, { "validation", new string('[', 100) + new string(']', 100) },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Whatever_is_wrong_with_its_form_it_is_passed_over(string property, string value)
    {
        var cloud = new FakeCloud();
        var manifest = RunctlJson.Write(new ManifestRecord { RunId = "r", InstanceId = "i-0a1", Name = "epoch_1.pt", SavedAt = DateTimeOffset.UnixEpoch.AddDays(1), Files = [new CheckpointFile("epoch_1.pt", "ck/spot/i-0a1/checkpoints/epoch_1.pt", 1, "c")] });
        cloud.Store.Put("ck/spot/i-0a1/checkpoints/epoch_0.pt.manifest.json", manifest);
        cloud.Store.Put(At, Changed(manifest, property, value));
        var problems = new List<RunctlException>();
        var found = await new ManifestStore(cloud, null).ListAsync("b", "ck/spot/", _ => true, TestContext.Current.CancellationToken, problems.Add);
        Assert.Single(found);
        Assert.Equal("RecordDamaged", Assert.Single(problems).Id);
    }

    private static string Changed(string manifest, string property, string value)
    {
        const string Mark = "@here@";
        var body = JsonNode.Parse(manifest)!.AsObject();
        var owner = property is "size" or "path" or "key" or "crc32" or "link" ? body["files"]![0]!.AsObject() : body;
        owner[property] = Mark;
        return body.ToJsonString().Replace($"\"{Mark}\"", value, StringComparison.Ordinal);
    }
}
