using System.IO.Compression;
using System.Text;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Json;
using Runctl.Logs;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Logs;

/// <summary>Logs as they lie in S3, with all that may have happened to them.</summary>
public sealed class SegmentTests : IDisposable
{
    private readonly FakeCloud _cloud = new();
    private readonly List<string> _warnings = [];

    public SegmentTests()
    {
        _cloud.Ec2.Add("i-1", "terminated");
        WriteRecord((1, "finished"));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static RunctlTraining Training => new() { RunId = "r-1", InstanceId = "i-1", ProjectName = "p", Script = "train.py", State = "running", S3Bucket = "b", S3Prefix = "c", RunPrefix = "p", Region = "us-east-1" };

    public void Dispose() => _cloud.Dispose();

    [Fact]
    public async Task A_segment_written_again_after_a_lost_answer_is_read_once_and_whole()
    {
        WriteRecord((1, "running"));
        _cloud.Ec2.Clear();
        _cloud.Ec2.Add("i-1");
        Put(1, 0, "one\ntwo\n");
        var lines = new List<string>();
        await foreach (var line in ReadAsync(new LogOptions { Follow = true }))
        {
            lines.Add(line);
            if (line == "two")
            {
                Put(1, 0, "one\ntwo\nthree\n");
                Put(1, 14, "four\n");
                WriteRecord((1, "finished"));
            }
        }

        Assert.Equal(["one", "two", "three", "four"], lines);
    }

    [Fact]
    public async Task What_the_last_segment_grew_by_is_shown_though_nothing_follows_it()
    {
        WriteRecord((1, "running"));
        _cloud.Ec2.Clear();
        _cloud.Ec2.Add("i-1");
        Put(1, 0, "one\n");
        var lines = new List<string>();
        await foreach (var line in ReadAsync(new LogOptions { Follow = true }))
        {
            lines.Add(line);
            if (line == "one")
            {
                Put(1, 0, "one\ntwo\n");
                WriteRecord((1, "finished"));
            }
        }

        Assert.Equal(["one", "two"], lines);
    }

    [Fact]
    public async Task Segments_that_overlap_repeat_nothing()
    {
        Put(1, 0, "one\ntwo\n");
        Put(1, 4, "two\nthree\n");
        Assert.Equal(["one", "two", "three"], await AllAsync(new LogOptions()));
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task A_hole_is_told_and_what_follows_is_shown()
    {
        Put(1, 0, "one\ntw");
        Put(1, 100, "three\n");
        Assert.Equal(["one", "tw", "three"], await AllAsync(new LogOptions()));
        Assert.Contains("94 bytes", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_log_is_empty()
    {
        Assert.Empty(await AllAsync(new LogOptions { Follow = true }));
        Assert.Empty(await AllAsync(new LogOptions { Tail = 5 }));
        Assert.Empty(await AllAsync(new LogOptions { Since = DateTimeOffset.UnixEpoch }));
    }

    [Fact]
    public async Task All_attempts_come_in_order_and_one_on_its_own()
    {
        // Offsets go on on one instance (2), and begin anew on another (10).
        WriteRecord((1, "interrupted"), (2, "interrupted"), (10, "finished"));
        Put(1, 0, "one\ntw");
        Put(2, 6, "three\n");
        Put(10, 0, "four\nfive\n");
        Assert.Equal(["one", "tw", "three", "four", "five"], await AllAsync(new LogOptions { All = true }));
        Assert.Equal(["one", "tw", "three", "four", "five"], await AllAsync(new LogOptions { All = true, Follow = true }));
        Assert.Equal(["tw", "three", "four", "five"], await AllAsync(new LogOptions { All = true, Tail = 4 }));
        Assert.Equal(["five"], await AllAsync(new LogOptions { All = true, Tail = 1, Follow = true }));
        Assert.Equal(["three"], await AllAsync(new LogOptions(), Training.With(copy => copy.Attempt = 2)));
        Assert.Equal(["four", "five"], await AllAsync(new LogOptions(), Training.With(copy => copy.Attempt = 10)));
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task An_attempt_that_begins_while_all_are_followed_is_followed_too()
    {
        WriteRecord((1, "interrupted"));
        _cloud.Store.Put("p/runs/r-1/spec.json", RunctlJson.Write(new RunSpec { RunId = "r-1", ProjectName = "p", Region = "us-east-1", Script = "t", Policy = new RunPolicy { AutoResume = true } }));
        Put(1, 0, "one\n");
        var lines = new List<string>();
        await foreach (var line in ReadAsync(new LogOptions { All = true, Follow = true }))
        {
            lines.Add(line);
            if (line == "one")
            {
                Put(2, 0, "two\n");
                WriteRecord((1, "interrupted"), (2, "finished"));
            }
        }

        Assert.Equal(["one", "two"], lines);
    }

    [Fact]
    public async Task Since_begins_with_the_line_that_was_being_written()
    {
        Put(1, 0, "old\n", 100);
        Put(1, 4, "older\nhalf a ", 200);
        Put(1, 17, "line\nnew\n", 300);
        Assert.Equal(["half a line", "new"], await AllAsync(new LogOptions { Since = DateTimeOffset.FromUnixTimeSeconds(250) }));
        Assert.Equal(["old", "older", "half a line", "new"], await AllAsync(new LogOptions { Since = DateTimeOffset.UnixEpoch }));
        Assert.Empty(await AllAsync(new LogOptions { Since = DateTimeOffset.FromUnixTimeSeconds(900) }));
        Assert.Equal(["new"], await AllAsync(new LogOptions { Since = DateTimeOffset.FromUnixTimeSeconds(250), Tail = 1 }));
    }

    [Fact]
    public async Task Of_thousands_of_segments_each_is_listed_once_and_a_tail_lists_few()
    {
        const int Count = 5_000;
        for (var i = 0; i < Count; i++)
        {
            Put(1, i * 8L, $"{i:D7}\n", i);
        }

        var before = _cloud.Store.Pages;
        Assert.Equal(["0004998", "0004999"], await AllAsync(new LogOptions { Tail = 2 }));
        Assert.InRange(_cloud.Store.Pages - before, 1, 15);
        before = _cloud.Store.Pages;
        Assert.Equal(Enumerable.Range(3_750, 1_250), (await AllAsync(new LogOptions { Since = DateTimeOffset.FromUnixTimeSeconds(3_751) })).Select(int.Parse));
        Assert.InRange(_cloud.Store.Pages - before, 1, 10);
        before = _cloud.Store.Pages;
        Assert.Equal(Enumerable.Range(0, Count), (await AllAsync(new LogOptions())).Select(int.Parse));
        Assert.InRange(_cloud.Store.Pages - before, 5, 8);
    }

    [Fact]
    public async Task A_failed_read_is_repeated_while_following_and_loses_nothing()
    {
        for (var i = 0; i < 20; i++)
        {
            Put(1, i * 3L, $"{i:D2}\n");
        }

        var reads = 0;
        _cloud.Store.BeforeRead = key =>
        {
            if (key.EndsWith(".gz", StringComparison.Ordinal) && ++reads % 3 == 0)
            {
                throw new Runctl.Errors.RunctlException("Lost", Runctl.Errors.ErrorKind.Connection, "The connection was lost.") { IsTransient = true };
            }
        };
        Assert.Equal(Enumerable.Range(0, 20), (await AllAsync(new LogOptions { Follow = true })).Select(int.Parse));
    }

    private async Task<List<string>> AllAsync(LogOptions options, RunctlTraining? training = null)
    {
        var lines = new List<string>();
        await foreach (var line in ReadAsync(options, training))
        {
            lines.Add(line);
        }

        return lines;
    }

    private IAsyncEnumerable<string> ReadAsync(LogOptions options, RunctlTraining? training = null) =>
        new TrainingLog(_cloud, new RunctlConfiguration(), _cloud.Time).ReadAsync(training ?? Training, options with { PollInterval = TimeSpan.FromMilliseconds(20) }, new Collect<ProgressUpdate>(), _warnings.Add, Token);

    private void WriteRecord(params (int Number, string State)[] attempts) => _cloud.Store.Put("p/runs/r-1/run.json", RunctlJson.Write(new RunRecord
    {
        RunId = "r-1", ProjectName = "p", Attempts = [.. attempts.Select(a => new AttemptRecord { Number = a.Number, State = a.State, InstanceId = "i-1" })],
    }));

    private void Put(int attempt, long offset, string text, int written = 0)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        var key = $"p/runs/r-1/log/{attempt}/{offset:D12}.gz";
        _cloud.Store.Objects[key] = (buffer.ToArray(), Guid.NewGuid().ToString());
        _cloud.Store.Written[key] = DateTimeOffset.FromUnixTimeSeconds(written);
    }
}
