using System.IO.Compression;
using System.Text;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Json;
using Runctl.Logs;
using Runctl.Monitoring;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Training;

/// <summary>What is known of a run by its records in S3, while its guard answers and afterwards.</summary>
public sealed class RecordTests : IDisposable
{
    private readonly FakeCloud _cloud = new();
    private readonly TempDirectory _project = new();
    private readonly RunctlConfiguration _configuration = new() { S3Bucket = "b" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static RunctlTraining Training => new()
    {
        RunId = "r-1", InstanceId = "i-1", ProjectName = "p", Script = "train.py", State = "running", Region = "us-east-1", S3Bucket = "b", S3Prefix = "s", RunPrefix = "checkpoints/runctl",
    };

    public void Dispose() => _project.Dispose();

    [Fact]
    public async Task A_start_claims_the_run_before_it_asks_the_guard()
    {
        string? spec = null;
        _cloud.Ec2.Add("i-1");
        _cloud.Shell.Answer = (id, command) =>
        {
            Assert.Contains(_cloud.Store.Objects.Keys, k => k.EndsWith("/run.json", StringComparison.Ordinal));
            spec = command.Script;
            return new CommandOutcome(id, "Success", null, 0, """{"run_id":"r","attempt":1,"state":"running","pid":7}""", "");
        };
        var training = await StartAsync();
        Assert.Equal(("running", 7, "b"), (training.State, training.ProcessId!.Value, training.S3Bucket));
        Assert.NotNull(spec);
        var record = RunctlJson.Read<RunRecord>(_cloud.Store.Objects.Single(o => o.Key.EndsWith("/run.json", StringComparison.Ordinal)).Value.Content);
        Assert.Equal(("claimed", 1, "i-1"), (record.Attempts[0].State, record.Attempts[0].Number, record.Attempts[0].InstanceId));
        var stored = Encoding.UTF8.GetString(_cloud.Store.Objects.Single(o => o.Key.EndsWith("/spec.json", StringComparison.Ordinal)).Value.Content);
        Assert.DoesNotContain("\"attempt\"", stored, StringComparison.Ordinal);
        Assert.Contains("\"schema\":1", stored, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_fails_gives_its_claim_up()
    {
        _cloud.Ec2.Add("i-1");
        _cloud.Shell.Answer = (id, _) => new CommandOutcome(id, "Failed", null, 4, """{"schema":1,"error":{"id":"CheckpointDirectoryInUse","message":"m","target":"t"}}""", "");
        Assert.Equal("CheckpointDirectoryInUse", (await Assert.ThrowsAsync<RunctlException>(StartAsync)).Id);
        var record = RunctlJson.Read<RunRecord>(_cloud.Store.Objects.Single(o => o.Key.EndsWith("/run.json", StringComparison.Ordinal)).Value.Content);
        Assert.Equal(("failed", "failed"), (record.Outcome, record.Attempts[0].State));
    }

    [Fact]
    public async Task Code_is_uploaded_once()
    {
        _cloud.Ec2.Add("i-1");
        _cloud.Shell.Answer = (id, _) => new CommandOutcome(id, "Success", null, 0, """{"run_id":"r","attempt":1,"state":"running","pid":7}""", "");
        await StartAsync();
        await StartAsync();
        Assert.Single(_cloud.Store.Writes, w => w.Contains("/code/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_local_checkpoint_is_uploaded_with_a_manifest_and_resumed_from()
    {
        _cloud.Ec2.Add("i-1");
        string? script = null;
        _cloud.Shell.Answer = (id, command) =>
        {
            script = command.Script;
            return new CommandOutcome(id, "Success", null, 0, """{"run_id":"r","attempt":1,"state":"running","pid":7}""", "");
        };
        var checkpoint = _project.Write("old/epoch_3.pt", "weights");
        await StartAsync(checkpoint);
        var manifest = Assert.Single(_cloud.Store.Objects.Keys, k => k.EndsWith("/resume/epoch_3.pt.manifest.json", StringComparison.Ordinal));
        var envelope = script![(script!.IndexOf("'@", StringComparison.Ordinal) + 2)..].Split('\'')[0];
        Assert.Contains($"\"resume_from\":{{\"manifest\":\"s3://b/{manifest}\"}}", Encoding.UTF8.GetString(Convert.FromBase64String(envelope)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("running", "terminated", "lost")]
    [InlineData("claimed", null, "lost")]
    [InlineData("interrupted", "terminated", "interrupted")]
    [InlineData("finished", "running", "finished")]
    public async Task A_run_is_known_after_its_instance_is_gone(string recorded, string? instance, string expected)
    {
        if (instance is not null)
        {
            _cloud.Ec2.Add("i-1", instance);
        }

        WriteRecord(recorded);
        var found = new List<RunctlTraining>();
        await foreach (var training in new RunFinder(_cloud, _configuration, _cloud.Time).FindAsync("r-1", null, Token))
        {
            found.Add(training);
        }

        Assert.Equal((expected, 1), (Assert.Single(found).State, found[0].Attempt));
    }

    [Fact]
    public async Task Events_of_a_dead_instance_come_from_s3_after_those_known_and_once()
    {
        _cloud.Ec2.Add("i-1", "terminated");
        WriteRecord("interrupted");
        PutEvents(1, 1, 2, 3);
        PutEvents(4, 4, 5);
        // A segment that was sent twice has more the second time.
        PutEvents(5, 5, 6);
        var observer = new Observer();
        await using var monitor = new InstanceMonitor(_cloud, _cloud.Time);
        await using var watch = monitor.Watch(new MonitorTarget(Training, TimeSpan.FromMilliseconds(50), AfterSequence: 2), observer);
        var ended = await observer.Ended.Task.WaitAsync(TimeSpan.FromSeconds(180), Token);
        Assert.Equal("interrupted", ended.State);
        Assert.Equal([3, 4, 5, 6], observer.Events.Select(e => e.Sequence));
    }

    [Fact]
    public async Task The_log_of_a_dead_instance_comes_from_s3_with_its_tail()
    {
        _cloud.Ec2.Add("i-1", "terminated");
        WriteRecord("finished");
        PutLog(0, "one\ntwo\nth");
        PutLog(10, "ree\nfour\n");
        Assert.Equal(["one", "two", "three", "four"], await LogAsync(null));
        Assert.Equal(["three", "four"], await LogAsync(2));
        Assert.Empty(await LogAsync(0));
    }

    [Fact]
    public async Task Without_a_bucket_a_dead_instances_log_is_gone_and_said_so()
    {
        _cloud.Ec2.Add("i-1", "terminated");
        var log = new TrainingLog(_cloud, new RunctlConfiguration(), _cloud.Time).ReadAsync(Training.With(copy => copy.S3Bucket = null), new LogOptions(), new Collect<ProgressUpdate>(), _ => { }, Token);
        Assert.Equal("LogUnavailable", (await Assert.ThrowsAsync<RunctlException>(async () => await log.GetAsyncEnumerator(Token).MoveNextAsync())).Id);
    }

    private async Task<List<string>> LogAsync(int? tail)
    {
        var lines = new List<string>();
        await foreach (var line in new TrainingLog(_cloud, _configuration, _cloud.Time).ReadAsync(Training, new LogOptions { Tail = tail, Follow = true }, new Collect<ProgressUpdate>(), Assert.Fail, Token))
        {
            lines.Add(line);
        }

        return lines;
    }

    private void WriteRecord(string state)
    {
        var record = new RunRecord { RunId = "r-1", ProjectName = "p", Attempts = [new AttemptRecord { Number = 1, State = state, InstanceId = "i-1" }] };
        _cloud.Store.Put("checkpoints/runctl/runs/r-1/run.json", RunctlJson.Write(record));
    }

    private void PutEvents(long first, params long[] sequence) => _cloud.Store.Put($"checkpoints/runctl/runs/r-1/events/1/{first:D12}.jsonl", string.Concat(sequence.Select(s =>
        RunctlJson.Write(new RunctlEvent { Sequence = s, Time = DateTime.UnixEpoch, Kind = "Warning", InstanceId = "i-1", RunId = "r-1", Attempt = 1, Message = "m" + s, Details = RunctlJson.ToElement(new { }) }) + "\n")));

    private void PutLog(long offset, string text)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        _cloud.Store.Objects[$"checkpoints/runctl/runs/r-1/log/1/{offset:D12}.gz"] = (buffer.ToArray(), "1");
    }

    private Task<RunctlTraining> StartAsync() => StartAsync(null);

    private async Task<RunctlTraining> StartAsync(string? resumeFrom)
    {
        var script = _project.Write("train.py", "print(1)");
        var starter = new TrainingStarter(_cloud, new FakeAdapters(), _cloud.Time);
        var request = new StartRequest { InstanceId = "i-1", ScriptPath = script, ProjectDirectory = _project.Path, SyncCode = true, ResumeFrom = resumeFrom };
        return (await starter.StartAsync(await starter.PlanAsync(request, _configuration, Token), new Collect<ProgressUpdate>(), Token)).Training;
    }

    private sealed class Observer : IMonitorObserver
    {
        public List<RunctlEvent> Events { get; } = [];

        public TaskCompletionSource<RunctlTraining> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnEvent(RunctlEvent runctlEvent) => Events.Add(runctlEvent);

        public void OnWarning(string message) => Assert.Fail(message);

        public void OnEnded(RunctlTraining training) => Ended.SetResult(training);
    }
}
