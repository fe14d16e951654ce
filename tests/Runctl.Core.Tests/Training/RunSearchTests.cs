using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Training;

/// <summary>Which runs a search finds, by what, and in how many calls.</summary>
public sealed class RunSearchTests : IDisposable
{
    private const string Runs = "checkpoints/runctl/runs/";
    private const string Index = "checkpoints/runctl/index/";
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeCloud _cloud = new();
    private readonly RunctlConfiguration _configuration = new() { S3Bucket = "b", Prices = new Dictionary<string, decimal> { ["c7i.large"] = 1 } };
    private readonly List<string> _notes = [];
    private readonly List<(string RunId, RunctlException Error)> _failed = [];
    private int _shellCalls;
    private int _written;

    public RunSearchTests()
    {
        _cloud.Store.BeforeWrite = key =>
        {
            lock (_cloud.Store.Written)
            {
                _cloud.Store.Written[key] = Noon.AddSeconds(_written++);
            }
        };
        _cloud.Shell.Fault = _ =>
        {
            Interlocked.Increment(ref _shellCalls);
            return null;
        };
        Answer(new Dictionary<string, RunState>());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cloud.Dispose();

    [Fact]
    public async Task Runs_are_listed_newest_first_by_the_index_alone()
    {
        for (var i = 1; i <= 5; i++)
        {
            await EnterAsync(Record($"run-{i}", i, Attempt(1, "finished")));
        }

        var found = await FindAsync(new TrainingQuery());
        Assert.Equal(["run-5", "run-4", "run-3", "run-2", "run-1"], found.Select(t => t.RunId));
        Assert.Equal(("finished", "train.py", "digits", 0, 99L), (found[0].State, found[0].Script, found[0].ProjectName, found[0].ExitCode!.Value, found[0].LastStep!.Value));
        Assert.Equal(0, Calls("GET"));
    }

    [Fact]
    public async Task A_run_is_shown_by_the_index_as_by_its_record()
    {
        var record = Record("run-1", 0, Attempt(1, "interrupted"), Attempt(2, "finished") with { Started = Noon.AddHours(2), Ended = Noon.AddHours(3), FirstStep = 91, LastStep = 200 });
        await EnterAsync(record);
        WriteRecord(record);
        var listed = Assert.Single(await FindAsync(new TrainingQuery()));
        var read = Assert.Single(await FindAsync(new TrainingQuery { RunIds = ["run-1"] }));
        Assert.Equal((1, 9L, TimeSpan.FromHours(3), 2, "finished"), (listed.Interruptions!.Value, listed.TotalStepsLost!.Value, listed.Duration!.Value, listed.Attempt, listed.State));
        Assert.NotNull(listed.Cost);
        // What the orders allow is not in the index.
        Assert.Equal((10, null), (read.MaxResumes, listed.MaxResumes));
        Assert.Equal(RunctlJson.Write(read.With(copy => { copy.MaxResumes = null; copy.AsOf = listed.AsOf; })), RunctlJson.Write(listed));
    }

    [Fact]
    public async Task The_first_ten_of_many_runs_cost_one_page_and_one_command()
    {
        await FillAsync(2000, instances: 100);
        var found = new List<RunctlTraining>();
        await foreach (var training in Finder().FindAsync(new TrainingQuery(), Token))
        {
            found.Add(training);
            if (found.Count == 10)
            {
                break;
            }
        }

        Assert.Equal("run-2000", found[0].RunId);
        Assert.Equal((1, 0), (Calls("LIST"), Calls("GET")));
        Assert.Single(_cloud.Shell.Sent);
    }

    [Fact]
    public async Task A_list_of_2000_runs_on_100_instances_costs_a_few_calls_for_1000_runs_and_for_50_instances()
    {
        await FillAsync(2000, instances: 100);
        var found = await FindAsync(new TrainingQuery());
        Assert.Equal((2000, 100), (found.Count, found.Count(t => t.State == "running")));
        Assert.Equal(0, Calls("GET"));
        // Two entries a run, and a page of directories for 1,000 runs.
        Assert.InRange(Calls("LIST"), 1, 3 * 2);
        Assert.InRange(_cloud.Shell.Sent.Count, 2, 2 + 3);
        Assert.InRange(_shellCalls, 6, 4 * (2 + 3));
        Assert.InRange(_cloud.Ec2.Questions, 1, 10);
    }

    [Fact]
    public async Task The_runs_of_100_instances_are_found_together()
    {
        await FillAsync(2000, instances: 100);
        var found = await FindAsync(new TrainingQuery { InstanceIds = [.. Enumerable.Range(1901, 100).Select(i => $"i-{i}")] });
        Assert.Equal(100, found.Count);
        Assert.Equal((0, 2), (Calls("GET"), _cloud.Shell.Sent.Count));
    }

    [Fact]
    public async Task Many_runs_that_are_named_are_listed_and_few_are_read()
    {
        await FillAsync(200, instances: 0);
        Assert.Equal(100, (await FindAsync(new TrainingQuery { RunIds = [.. Enumerable.Range(101, 100).Select(i => $"run-{i}")] })).Count);
        Assert.Equal((1, 0), (Calls("LIST"), Calls("GET")));
        WriteRecord(Record("run-7", 7, Attempt(1, "finished")));
        Assert.Equal("run-7", Assert.Single(await FindAsync(new TrainingQuery { RunIds = ["run-7"] })).RunId);
        Assert.Equal((1, 2), (Calls("LIST"), Calls("GET")));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("damaged")]
    [InlineData("gap")]
    [InlineData("without-script")]
    public async Task A_run_that_the_index_does_not_know_well_is_read_once(string entry)
    {
        var record = Record("run-1", 1, Attempt(1, "interrupted"), Attempt(2, "finished"));
        WriteRecord(record);
        if (entry == "gap")
        {
            await EnterAsync(record with { Attempts = [record.Attempts[1]] });
        }
        else if (entry == "without-script")
        {
            await EnterAsync(record, script: null);
        }
        else if (entry == "damaged")
        {
            await EnterAsync(record with { Attempts = [record.Attempts[0]] });
            var key = IndexName.KeyOf(Index, record, record.Attempts[1], null, isChecked: false);
            _cloud.Store.Put(key[..^9] + "AAAAAAAAA", "");
        }

        Assert.Equal(("finished", 2, "train.py"), Shown(Assert.Single(await FindAsync(new TrainingQuery()))));
        Assert.InRange(Calls("GET"), 1, 2);
        var before = Calls("GET");
        Assert.Equal(("finished", 2, "train.py"), Shown(Assert.Single(await FindAsync(new TrainingQuery()))));
        Assert.Equal(before, Calls("GET"));
    }

    [Fact]
    public async Task An_index_that_cannot_be_written_is_said_once_and_the_list_is_right()
    {
        for (var i = 1; i <= 20; i++)
        {
            WriteRecord(Record($"run-{i}", i, Attempt(1, "finished")));
        }

        _cloud.Store.BeforeWrite = _ => throw new RunctlException("BucketForbidden", ErrorKind.PermissionDenied, "no");
        Assert.Equal(20, (await FindAsync(new TrainingQuery())).Count);
        Assert.Contains("no", Assert.Single(_notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("finished", "terminated", "finished")]
    [InlineData("running", "terminated", "lost")]
    [InlineData("running", null, "lost")]
    [InlineData("running", "stopped", "lost")]
    public async Task An_attempt_that_no_guard_confirms_is_as_its_record_says(string recorded, string? instance, string expected)
    {
        if (instance is not null)
        {
            _cloud.Ec2.Add("i-1", instance);
        }

        await EnterAsync(Record("run-1", 1, Attempt(1, "claimed")));
        WriteRecord(Record("run-1", 1, Attempt(1, recorded)));
        Assert.Equal((expected, 1, "train.py"), Shown(Assert.Single(await FindAsync(new TrainingQuery()))));
        Assert.Equal(1, Calls("GET"));
        Assert.Equal((expected, 1, "train.py"), Shown(Assert.Single(await FindAsync(new TrainingQuery()))));
        // What is stopped may go on; all others cannot change any more.
        Assert.Equal(instance == "stopped" ? 2 : 1, Calls("GET"));
    }

    [Fact]
    public async Task Of_an_instance_of_another_region_nothing_is_noted()
    {
        await EnterAsync(Record("run-1", 1, Attempt(1, "running") with { AvailabilityZone = "eu-central-1a" }));
        WriteRecord(Record("run-1", 1, Attempt(1, "running") with { AvailabilityZone = "eu-central-1a" }));
        var before = Calls("PUT");
        Assert.Equal("lost", Assert.Single(await FindAsync(new TrainingQuery())).State);
        Assert.Equal(before, Calls("PUT"));
    }

    [Fact]
    public async Task The_guard_is_ahead_of_the_index()
    {
        _cloud.Ec2.Add("i-1");
        Answer(new Dictionary<string, RunState> { ["i-1"] = new() { RunId = "run-1", State = "running", Attempt = 1, Pid = 7, Started = Noon, FirstStep = 1, LastStep = 500 } });
        await EnterAsync(Record("run-1", 1, Attempt(1, "claimed") with { Started = null, LastStep = null }));
        var training = Assert.Single(await FindAsync(new TrainingQuery()));
        Assert.Equal(("running", 7, 500L, 0), (training.State, training.ProcessId!.Value, training.LastStep!.Value, training.Interruptions!.Value));
        Assert.NotNull(training.Duration);
        Assert.Equal(0, Calls("GET"));
    }

    [Fact]
    public async Task A_resume_that_the_index_does_not_know_of_is_seen_by_the_tag_of_its_instance()
    {
        _cloud.Ec2.Add("i-2", tags: new Dictionary<string, string> { [RunctlTags.Managed] = "1", [RunctlTags.RunId] = "run-1" });
        var record = Record("run-1", 1, Attempt(1, "interrupted"), Attempt(2, "claimed") with { InstanceId = "i-2" });
        await EnterAsync(record with { Attempts = [record.Attempts[0]] });
        WriteRecord(record);
        Answer(new Dictionary<string, RunState> { ["i-2"] = new() { RunId = "run-1", State = "running", Attempt = 2 } });
        Assert.Equal(("running", 2, "train.py"), Shown(Assert.Single(await FindAsync(new TrainingQuery()))));
    }

    [Fact]
    public async Task A_run_that_only_its_guard_knows_is_listed()
    {
        _cloud.Ec2.Add("i-1");
        Answer(new Dictionary<string, RunState> { ["i-1"] = new() { RunId = "run-1", State = "running", ProjectName = "digits" } });
        Assert.Equal("running", Assert.Single(await FindAsync(new TrainingQuery())).State);
    }

    [Fact]
    public async Task What_is_done_with_a_run_rests_on_its_record()
    {
        _cloud.Ec2.Add("i-1");
        _cloud.Ec2.Add("i-2");
        await EnterAsync(Record("run-1", 1, Attempt(1, "running") with { InstanceId = "i-1" }));
        WriteRecord(Record("run-1", 1, Attempt(1, "running") with { InstanceId = "i-2" }));
        Assert.Empty(await CollectAsync(Finder().FindAsync(null, "i-1", Token)));
        Assert.Equal("i-2", Assert.Single(await CollectAsync(Finder().FindAsync("run-1", null, Token))).InstanceId);
    }

    [Fact]
    public async Task A_forged_index_neither_ends_a_list_nor_shows_a_run_twice()
    {
        await EnterAsync(Record("run-1", 1, Attempt(1, "finished")));
        await EnterAsync(Record("run-1", 99, Attempt(1, "failed")));
        await EnterAsync(Record("no-record", 2, Attempt(7, "finished")));
        foreach (var name in new[] { "", "x", "0000000000-../0001-1~A", "0000000000-run-2/0001-1~A", "0000000000-run-3/0001-1~____" })
        {
            _cloud.Store.Put(Index + name, "");
        }

        Assert.Equal("run-1", Assert.Single(await FindAsync(new TrainingQuery())).RunId);
    }

    [Fact]
    public async Task A_record_that_is_damaged_is_reported_and_the_others_are_listed()
    {
        WriteRecord(Record("run-1", 1, Attempt(1, "finished")));
        _cloud.Store.Put(Runs + "run-2/run.json", "{");
        Assert.Equal("run-1", Assert.Single(await FindAsync(new TrainingQuery())).RunId);
        Assert.Equal(("run-2", "RecordDamaged"), (_failed.Single().RunId, _failed[0].Error.Id));
    }

    [Fact]
    public async Task Prices_are_asked_for_once_in_a_list()
    {
        await FillAsync(1000, instances: 0);
        _cloud.Ec2.Prices = [new SpotPriceChange("c7i.large", "us-east-1a", 0.05m, DateTimeOffset.UnixEpoch)];
        var found = await FindAsync(new TrainingQuery());
        Assert.All(found, t => Assert.NotNull(t.Cost));
        // The attempts are older than the history that EC2 has: all groups need the same.
        Assert.Equal(2, _cloud.Ec2.Questions);
    }

    [Fact]
    public async Task A_session_enters_what_it_writes_to_a_record()
    {
        var store = new RunStore(_cloud.Store, "b", "checkpoints/runctl", _cloud.Time);
        var spec = new RunSpec { RunId = "run-1", ProjectName = "digits", Region = "us-east-1", Script = "train.py", Created = Noon };
        await store.CreateAsync(spec, Record("run-1", 0, Attempt(1, "claimed") with { Nonce = "n" }), Token);
        Assert.Equal(["0001-0"], Entries());
        await store.WithdrawAsync("run-1", "n", Token);
        Assert.Equal(["0001-0", "0001-1"], Entries());
        await store.ChangeAsync("run-1", r => r.With(Attempt(2, "claimed")), Token);
        await store.ChangeAsync("run-1", _ => null, Token);
        Assert.Equal(["0001-0", "0001-1", "0002-0"], Entries());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_start_that_was_refused_leaves_no_run_and_one_that_a_guard_began_stays(bool isNamed)
    {
        var store = new RunStore(_cloud.Store, "b", "checkpoints/runctl", _cloud.Time);
        foreach (var id in new[] { "run-1", "run-2" })
        {
            var spec = new RunSpec { RunId = id, ProjectName = "digits", Region = "us-east-1", Script = "train.py", Created = Noon };
            await store.CreateAsync(spec, Record(id, 0, Attempt(1, "claimed") with { Nonce = "n", Started = null, Phases = null }), Token);
            await store.WithdrawAsync(id, "n", Token);
        }

        // The setup command failed there: the guard says when.
        await store.ChangeAsync("run-2", r => r.With(r.Attempts[0] with { Ended = Noon }), Token);
        Assert.Equal(["run-2"], (await FindAsync(new TrainingQuery { RunIds = isNamed ? ["run-1", "run-2"] : null })).Select(t => t.RunId));
    }

    [Fact]
    public async Task A_record_is_written_whatever_becomes_of_the_index()
    {
        _cloud.Store.BeforeWrite = key => _ = key.StartsWith(Index, StringComparison.Ordinal) ? throw new RunctlException("BucketForbidden", ErrorKind.PermissionDenied, "no") : key;
        var store = new RunStore(_cloud.Store, "b", "checkpoints/runctl", _cloud.Time);
        var spec = new RunSpec { RunId = "run-1", ProjectName = "digits", Region = "us-east-1", Script = "train.py", Created = Noon };
        await store.CreateAsync(spec, Record("run-1", 0, Attempt(1, "claimed")), Token);
        Assert.Equal(2, (await store.ChangeAsync("run-1", r => r.With(Attempt(2, "claimed")), Token))!.Attempts.Count);
    }

    private static (string State, int Attempt, string Script) Shown(RunctlTraining training) => (training.State, training.Attempt, training.Script);

    private static AttemptRecord Attempt(int number, string state) => new()
    {
        Number = number, State = state, InstanceId = "i-1", InstanceType = "c7i.large", AvailabilityZone = "us-east-1a", IsSpot = true,
        Started = Noon, Ended = state is "claimed" or "running" ? null : Noon.AddHours(1), ExitCode = state == "finished" ? 0 : null, FirstStep = 1, LastStep = 99, Phases = [new Phase("setup", 1.5)],
        Checkpoint = new CheckpointRecord { Manifest = "s3://b/k.manifest.json", Name = "epoch_9.pt", Step = 90 },
    };

    private static RunRecord Record(string id, int minutes, params AttemptRecord[] attempts) => new() { RunId = id, ProjectName = "digits", Created = Noon.AddMinutes(minutes), Attempts = attempts };

    private async Task EnterAsync(RunRecord record, string? script = "train.py")
    {
        foreach (var attempt in record.Attempts)
        {
            await _cloud.Store.WriteAsync("b", IndexName.KeyOf(Index, record, attempt, script, isChecked: false), ReadOnlyMemory<byte>.Empty, WriteCondition.Always, Token);
        }
    }

    /// <summary>Runs, each with its claim and its end in the index; the newest are running, each on an instance of its own.</summary>
    private async Task FillAsync(int runs, int instances)
    {
        var states = new Dictionary<string, RunState>();
        for (var i = 1; i <= runs; i++)
        {
            var record = Record($"run-{i}", i, Attempt(1, "claimed") with { InstanceId = $"i-{i}" });
            await EnterAsync(record);
            if (i > runs - instances)
            {
                _cloud.Ec2.Add($"i-{i}");
                states[$"i-{i}"] = new() { RunId = record.RunId, State = "running", Attempt = 1 };
            }
            else
            {
                await EnterAsync(record with { Attempts = [Attempt(1, "finished") with { InstanceId = $"i-{i}" }] });
            }

            _cloud.Store.Put($"{Runs}run-{i}/run.json", "{}");
        }

        Answer(states);
    }

    private void WriteRecord(RunRecord record)
    {
        _cloud.Store.Put($"{Runs}{record.RunId}/run.json", RunctlJson.Write(record));
        _cloud.Store.Put(new RunKeys("checkpoints/runctl").Spec(record.RunId), RunctlJson.Write(new RunSpec { RunId = record.RunId, ProjectName = "digits", Region = "us-east-1", Script = "train.py" }));
    }

    private void Answer(Dictionary<string, RunState> states) => _cloud.Shell.Answer = (id, _) =>
        new CommandOutcome(id, "Success", null, 0, RunctlJson.Write(new GuardStatus { InstanceId = id, Runs = states.TryGetValue(id, out var state) ? [state] : [] }), "");

    private RunFinder Finder() => new(_cloud, _configuration, _cloud.Time) { OnUnknown = _notes.Add, OnFailed = (id, error) => _failed.Add((id, error)) };

    private Task<List<RunctlTraining>> FindAsync(TrainingQuery query) => CollectAsync(Finder().FindAsync(query, Token));

    private static async Task<List<RunctlTraining>> CollectAsync(IAsyncEnumerable<RunctlTraining> runs)
    {
        var found = new List<RunctlTraining>();
        await foreach (var run in runs)
        {
            found.Add(run);
        }

        return found;
    }

    private int Calls(string kind) => _cloud.Store.Calls.GetValueOrDefault(kind);

    private IEnumerable<string> Entries() => _cloud.Store.Objects.Keys.Where(k => k.StartsWith(Index, StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(k => k.Split('/')[^1].Split('~')[0]);
}
