using System.Globalization;
using System.Text;
using Runctl.Checkpoints;
using Runctl.Core.Tests.Fakes;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Resuming;
using Runctl.Runs;

namespace Runctl.Core.Tests.Resuming;

/// <summary>A run of which attempt 1 was started on i-1, in S3 and EC2 as they are told to be.</summary>
internal sealed class Story
{
    public const string RunId = "digits-20260131-120000-ab12cd";

    public static readonly string CodeHash = new('0', 64);

    private readonly RunKeys _keys = new("checkpoints/runctl");

    public Story(string state = "running")
    {
        Cloud.Ec2.Add("i-1");
        Write(new RunRecord { RunId = RunId, ProjectName = "digits", Attempts = [new AttemptRecord { Number = 1, Nonce = "n1", State = state, InstanceId = "i-1", InstanceType = "c7i.large", AvailabilityZone = "us-east-1a", Started = DateTimeOffset.UnixEpoch }] });
    }

    public FakeCloud Cloud { get; } = new();

    public RunStore Store => new(Cloud.Store, "b", "checkpoints/runctl", Cloud.Time);

    public RunSpec Spec { get; } = new() { RunId = RunId, ProjectName = "digits", Region = "us-east-1", Script = "train.py", Store = new StoreReference("b", "saved", "checkpoints/runctl") };

    public RunRecord Record => RunctlJson.Read<RunRecord>(Cloud.Store.Objects[_keys.Record(RunId)].Content);

    public RunPasses Passes => new(Cloud, Store, RunId, Cloud.Time);

    public List<string> Warnings { get; } = [];

    /// <summary>Specifications that guards were given to start.</summary>
    public List<string> Specs { get; } = [];

    /// <summary>What was launched in place of the first instance.</summary>
    public IReadOnlyList<RunctlInstance> Replacements => [.. Cloud.Ec2.All.Where(i => i.InstanceId != "i-1")];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Write(RunRecord record) => Cloud.Store.Put(_keys.Record(RunId), RunctlJson.Write(record));

    public void Add(AttemptRecord attempt) => Write(Record.With(attempt));

    /// <summary>What a guard does when its attempt has come to an end.</summary>
    public static Task SettleAsync(RunStore store, int attempt, string state) => store.ChangeAsync(
        RunId, record => record.Attempts.Single(a => a.Number == attempt) is { HasEnded: false } mine ? record.With(mine with { State = state }) with { Outcome = record.Newest() == mine ? state : record.Outcome } : null, Token);

    public void Ship(int attempt, params string[] kinds) => Ship(attempt, [.. kinds.Select(kind => (kind, (object)new { }))]);

    public void Ship(int attempt, params (string Kind, object Data)[] events) => Cloud.Store.Put(_keys.Events(RunId, attempt) + "000000000001.jsonl", string.Join('\n', events.Select((item, i) =>
        RunctlJson.Write(new RunctlEvent { Sequence = i + 1, Time = DateTime.UnixEpoch, Kind = item.Kind, InstanceId = "i-1", RunId = RunId, Attempt = attempt, Message = item.Kind, Details = RunctlJson.ToElement(item.Data) }))));

    /// <summary>Commits a checkpoint.</summary>
    /// <returns>The URI of its manifest.</returns>
    public string Commit(string name, int step, int attempt = 1, string instance = "i-1", string content = "weights", string? run = null)
    {
        var key = $"saved/{instance}/checkpoints/{name}";
        Cloud.Store.Put(key, content);
        var manifest = new ManifestRecord
        {
            RunId = run ?? RunId, Attempt = attempt, InstanceId = instance, Name = name, Step = step, SavedAt = DateTimeOffset.UnixEpoch.AddSeconds(step), Bytes = 7, Files = [new CheckpointFile(name, key, 7, "AAAAAA==")],
        };
        Cloud.Store.Put(key + ManifestRecord.Suffix, RunctlJson.Write(manifest));
        return $"s3://b/{key}{ManifestRecord.Suffix}";
    }

    public async Task<string?> ChooseAsync() =>
        (await new CheckpointChoice(Cloud, Spec, Warnings.Add).ChooseAsync(Record, new HashSet<string>(), Token))?.Manifest.Step?.ToString(CultureInfo.InvariantCulture);

    /// <summary>Its code is stored, and what its instance was launched from is known.</summary>
    public void Launch(LaunchRequest request)
    {
        Cloud.Store.Put(_keys.Code(CodeHash), "bundle");
        Cloud.Store.Put(_keys.Spec(RunId), RunctlJson.Write(Spec with { Code = new CodeReference { Bucket = "b", Key = _keys.Code(CodeHash), Sha256 = CodeHash }, Launch = request, Instances = ["i-1"] }));
    }

    /// <summary>The guard's answer to a start, by its specification; to all else it says that it is well.</summary>
    public void Answer(Func<string, (string Status, int Exit, string Line)> run) => Cloud.Shell.Answer = (id, command) =>
    {
        var spec = command.Script.Split('\'', '"', ' ', '\n', '@').Select(Decode).FirstOrDefault(text => text.Contains("\"argv\":[\"run\"", StringComparison.Ordinal));
        if (spec is null)
        {
            return new CommandOutcome(id, "Success", null, 0, """{"schema":1}""", "");
        }

        Specs.Add(spec);
        var (status, exit, line) = run(spec);
        return new CommandOutcome(id, status, null, exit, line, "");
    };

    private static string Decode(string word)
    {
        var bytes = new byte[word.Length];
        return Convert.TryFromBase64String(word, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : "";
    }
}
