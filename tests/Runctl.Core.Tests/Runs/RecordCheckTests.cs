using System.Text.Json.Nodes;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Json;
using Runctl.Runs;

namespace Runctl.Core.Tests.Runs;

/// <summary>What is read as a run's record and is none: one error, whoever reads it. The guard has such a table in test_record.py.</summary>
public sealed class RecordCheckTests
{
    private const string Id = "digits-20260131-120000-ab12cd";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static RunRecord Good => new()
    {
        RunId = Id,
        ProjectName = "digits",
        Attempts = [new AttemptRecord { Number = 1, State = RunStates.Running }, new AttemptRecord { Number = 2, State = RunStates.Claimed }],
    };

    [Theory]
    [InlineData("run_id", "null")]
    [InlineData("run_id", "\"other-20260131-120000-ab12cd\"")]
    [InlineData("project_name", "null")]
    [InlineData("project_name", "\"\\u001b]0;x\\u0007\"")]
    [InlineData("attempts", "null")]
    [InlineData("attempts", "[]")]
    [InlineData("attempts", "{}")]
    [InlineData("attempts", "[null]")]
    [InlineData("state", "null")]
    [InlineData("state", "5")]
    [InlineData("state", "\"\\u001b[31mfinished\"")]
    [InlineData("number", "-1")]
    [InlineData("number", "0")]
    [InlineData("number", "2")]
    [InlineData("number", "1e999")]
    [InlineData("instance_id", "\"i-1\\ud800\"")]
    [InlineData("phases", "[null]")]
    [InlineData("phases", "[{\"name\":null,\"seconds\":1}]")]
    [InlineData("phases", "[{\"name\":\"setup\",\"seconds\":1e308}]")]
    [InlineData("checkpoint", "\"x\"")]
    [InlineData("checkpoint", "{\"name\":\"a\\u0007\"}")]
    public async Task Whatever_is_wrong_with_its_form_it_is_damaged_to_readers_and_writers(string property, string value)
    {
        var store = new MemoryStore();
        var runs = new RunStore(store, "b", "runctl", new InstantTimeProvider());
        store.Put(runs.Keys.Record(Id), RunctlJson.Write(Good));
        Assert.NotNull(await runs.ReadRecordAsync(Id, Token));
        store.Put(runs.Keys.Record(Id), Changed(property, value));
        Assert.Equal("RecordDamaged", (await Assert.ThrowsAsync<RunctlException>(() => runs.ReadRecordAsync(Id, Token))).Id);
        Assert.Equal("RecordDamaged", (await Assert.ThrowsAsync<RunctlException>(() => runs.ChangeAsync(Id, record => record, Token))).Id);
    }

    private static string Changed(string property, string value)
    {
        const string Mark = "@here@";
        var body = JsonNode.Parse(RunctlJson.Write(Good))!.AsObject();
        var owner = property is "run_id" or "project_name" or "attempts" ? body : body["attempts"]![0]!.AsObject();
        owner[property] = Mark;
        return body.ToJsonString().Replace($"\"{Mark}\"", value, StringComparison.Ordinal);
    }
}
