using System.Globalization;
using System.IO.Compression;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Json;
using Runctl.Logs;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Logs;

/// <summary>Logs whose segments a guard puts together while they are read.</summary>
public sealed class CompactedLogTests : IDisposable
{
    private readonly FakeCloud _cloud = new();
    private readonly List<string> _warnings = [];
    private readonly Segments _log;

    public CompactedLogTests()
    {
        _log = new Segments(_cloud.Store);
        _cloud.Ec2.Add("i-1", "terminated");
        WriteRecord("finished");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cloud.Dispose();

    [Theory]
    [InlineData("a/000000000000-000000020480.gz", 0L, 20480L)]
    [InlineData("a/000000020480.gz", 20480L, null)]
    public void A_name_tells_where_a_segment_begins_and_ends(string key, long start, long? end)
    {
        var segment = LogSegment.Of(new ObjectRecord(key, 1, "1", DateTimeOffset.UnixEpoch));
        Assert.Equal((start, end), (segment!.Start, segment.End));
    }

    [Theory]
    [InlineData("a/readme.txt")]
    [InlineData("a/000000000000-.gz")]
    [InlineData("a/-000000000001.gz")]
    [InlineData("a/000000000005-000000000005.gz")]
    [InlineData("a/000000000000-99999999999999999999999.gz")]
    [InlineData("a/000000000000-000000000001.gz.tmp")]
    public void Any_other_name_is_none(string key) => Assert.Null(LogSegment.Of(new ObjectRecord(key, 1, "1", DateTimeOffset.UnixEpoch)));

    [Fact]
    public async Task Beside_the_large_segment_small_ones_that_are_left_repeat_nothing_and_are_not_read()
    {
        var small = Ship(5);
        _log.Merge(small);
        _log.Delete(small[0]);
        _log.Ship("last\n");
        Assert.Equal(Lines(), await AllAsync(new LogOptions()));
        // Two segments, and the record.
        Assert.Equal(3, _cloud.Store.Reads);
        Assert.Equal(["line 4", "last"], await AllAsync(new LogOptions { Tail = 2 }));
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task A_month_of_compacted_log_is_read_with_few_requests()
    {
        for (var i = 0; i < 40; i++)
        {
            var small = Ship(20, i * 20);
            _log.Merge(small);
            small.ForEach(_log.Delete);
        }

        Assert.Equal(Lines(), await AllAsync(new LogOptions { All = true }));
        // The segments, the record four times, and lists.
        Assert.InRange(_cloud.Store.Reads + _cloud.Store.Pages, 41, 50);
    }

    [Fact]
    public async Task Segments_that_are_put_together_between_list_and_read_are_read_from_the_large_one()
    {
        var small = Ship(8);
        var reads = 0;
        _cloud.Store.BeforeRead = key =>
        {
            if (key.EndsWith(".gz", StringComparison.Ordinal) && ++reads == 3)
            {
                _log.Merge(small);
                small.ForEach(_log.Delete);
            }
        };
        Assert.Equal(Lines(), await AllAsync(new LogOptions()));
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task A_segment_that_is_gone_for_good_is_a_hole_that_is_told()
    {
        var small = Ship(3);
        _cloud.Store.BeforeRead = key =>
        {
            if (key.EndsWith(".gz", StringComparison.Ordinal))
            {
                _log.Delete(small[1]);
            }
        };
        Assert.Equal(["line 0", "line 2"], await AllAsync(new LogOptions()));
        Assert.Contains("7 bytes", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_follows_misses_nothing_when_what_is_new_is_put_together_with_what_it_read()
    {
        WriteRecord("running");
        var small = Ship(3);
        var lines = new List<string>();
        await foreach (var line in ReadAsync(new LogOptions { Follow = true }, instance: ""))
        {
            lines.Add(line);
            if (line == "line 2")
            {
                // The last one that was read goes with two that were never listed.
                small.AddRange(Ship(2, 3));
                _log.Merge(small[1..]);
                small[1..].ForEach(_log.Delete);
                WriteRecord("finished");
            }
        }

        Assert.Equal(Lines(), lines);
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task Since_is_as_exact_as_the_segments_were_before_they_were_put_together()
    {
        List<(long, long)> small = [_log.Ship("old\n", 100), _log.Ship("older\nhalf a ", 200), _log.Ship("line\nnew\n", 300), _log.Ship("newer\n", 400)];
        _log.Merge(small, taken: 500);
        small.ForEach(_log.Delete);
        _log.Ship("newest\n", 600);
        Assert.Equal(["half a line", "new", "newer", "newest"], await SinceAsync(250));
        Assert.Equal(["newer", "newest"], await SinceAsync(350));
        Assert.Equal(Lines(), await SinceAsync(0));
        Assert.Equal(["newest"], await SinceAsync(550));
        Assert.Empty(await SinceAsync(900));
    }

    [Fact]
    public async Task Thousands_of_small_segments_that_may_not_be_deleted_hide_nothing()
    {
        var small = Ship(3000);
        _log.Merge(small);
        _log.Ship("last\n");
        Assert.Equal(Lines(), await AllAsync(new LogOptions()));
        Assert.Equal(["line 2999", "last"], await AllAsync(new LogOptions { Tail = 2 }));
    }

    [Theory]
    [InlineData("other bytes than its name says")]
    [InlineData("")]
    public async Task A_segment_that_holds_something_else_is_an_error_that_names_it(string text)
    {
        _log.Ship("one\n");
        _log.Put(4, 10, text.Length > 0 ? Segments.Part(text, 0) : [1, 2, 3]);
        var error = await Assert.ThrowsAsync<Runctl.Errors.RunctlException>(() => AllAsync(new LogOptions()));
        Assert.Equal("RecordDamaged", error.Id);
        Assert.Contains("000000000004-000000000010.gz", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_unpacks_to_more_than_a_segment_may_hold_is_refused() =>
        Assert.Throws<InvalidDataException>(() => Packed.Unpack(Segments.Part(new string('x', 100_000), 0), 99_999));

    [Theory]
    [InlineData(new byte[] { 0x1f, 0x8b })]
    [InlineData(new byte[] { 0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, 82, 76, 4, 0, 255, 255, 255, 255, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, 82, 76, 4, 0, 3, 0, 0, 0, 0, 0, 0, 0 })]
    public void What_is_no_part_has_none(byte[] packed) => Assert.Empty(LogParts.Of(packed));

    [Fact]
    public async Task Followed_with_nothing_new_it_is_one_request_in_five_seconds()
    {
        WriteRecord("running");
        Ship(3);
        var lists = 0;
        var (began, requests) = (0L, 0);
        _cloud.Store.BeforeList = _ =>
        {
            if (++lists == 20)
            {
                (began, requests) = (_cloud.Time.GetTimestamp(), Requests());
            }
            else if (lists == 120)
            {
                Assert.InRange(_cloud.Time.GetElapsedTime(began).TotalSeconds, 5.0 * (Requests() - requests), 1000);
                WriteRecord("finished");
            }
        };
        Assert.Equal(Lines(), await AllAsync(new LogOptions { Follow = true, PollInterval = new LogOptions().PollInterval }, instance: ""));
        Assert.InRange(lists, 120, 125);

        int Requests() => _cloud.Store.Pages + _cloud.Store.Reads;
    }

    /// <summary>A guard ships, puts together, is killed in between and begins again, between any two requests of readers.</summary>
    [Fact]
    public async Task Whatever_a_guard_does_meanwhile_each_reader_has_each_byte_once()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            await RaceAsync(seed);
        }
    }

    private static async Task RaceAsync(int seed)
    {
        using var cloud = new FakeCloud();
        cloud.Ec2.Add("i-1", "terminated");
        var guard = new RandomGuard(seed, cloud.Store);
        guard.Act(20);
        cloud.Store.BeforeList = _ => guard.Act();
        cloud.Store.BeforeRead = _ => guard.Act();
        var options = new LogOptions { Follow = true, PollInterval = TimeSpan.FromMilliseconds(20), All = seed % 2 == 0 };
        var lines = new List<string>();
        await foreach (var line in new TrainingLog(cloud, new RunctlConfiguration(), cloud.Time).ReadAsync(Training(""), options, new Collect<ProgressUpdate>(), warning => Assert.Fail($"{seed}: {warning}"), Token))
        {
            lines.Add(line);
        }

        Assert.Equal(guard.Log.Text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), lines);
    }

    /// <summary>Acts as the guard's shipper and compaction do, a request at a time, in an order that a seed decides.</summary>
    private sealed class RandomGuard
    {
        private readonly Random _random;
        private readonly MemoryStore _store;
        private readonly List<(long Start, long End)> _known = [];
        private readonly Queue<Action> _steps = new();
        private int _left = 150;
        private int _line;

        public RandomGuard(int seed, MemoryStore store)
        {
            (_random, _store) = (new Random(seed), store);
            Log = new Segments(store);
            WriteRecord(store, "running");
        }

        public Segments Log { get; }

        public void Act(int times)
        {
            for (var i = 0; i < times; i++)
            {
                Act();
            }
        }

        public void Act()
        {
            if (_left-- == 0)
            {
                WriteRecord(_store, "finished");
            }

            if (_left > 0 && _random.Next(3) == 0)
            {
                _known.Add(Log.Ship($"line {_line++}\nand h"));
            }

            if (_steps.TryDequeue(out var step))
            {
                step();
                if (_random.Next(20) == 0)
                {
                    // Killed: what is left lies inside the large one, and goes with the next compaction.
                    _steps.Clear();
                }
            }
            else if (_known.Count > 3 && _random.Next(4) == 0)
            {
                Plan();
            }
        }

        private void Plan()
        {
            var first = _random.Next(_known.Count - 1);
            var group = _known.GetRange(first, _random.Next(2, _known.Count - first + 1));
            var large = (group[0].Start, group[^1].End);
            _steps.Enqueue(() =>
            {
                Log.Merge(group);
                _known.RemoveRange(first, group.Count);
                _known.Insert(first, large);
            });
            foreach (var small in group)
            {
                _steps.Enqueue(() => Log.Delete(small));
            }
        }
    }

    private List<(long Start, long End)> Ship(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(i => _log.Ship(string.Create(CultureInfo.InvariantCulture, $"line {i}\n")))];

    private string[] Lines() => _log.Text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private Task<List<string>> SinceAsync(int seconds) => AllAsync(new LogOptions { Since = DateTimeOffset.FromUnixTimeSeconds(seconds) });

    private async Task<List<string>> AllAsync(LogOptions options, string instance = "i-1")
    {
        var lines = new List<string>();
        await foreach (var line in ReadAsync(options, instance))
        {
            lines.Add(line);
        }

        return lines;
    }

    private IAsyncEnumerable<string> ReadAsync(LogOptions options, string instance = "i-1") =>
        new TrainingLog(_cloud, new RunctlConfiguration(), _cloud.Time).ReadAsync(Training(instance), options, new Collect<ProgressUpdate>(), _warnings.Add, Token);

    private static RunctlTraining Training(string instance) => new() { RunId = "r-1", InstanceId = instance, ProjectName = "p", Script = "train.py", State = "running", S3Bucket = "b", S3Prefix = "c", RunPrefix = "p", Region = "us-east-1" };

    private void WriteRecord(string state) => WriteRecord(_cloud.Store, state);

    private static void WriteRecord(MemoryStore store, string state) => store.Put("p/runs/r-1/run.json", RunctlJson.Write(new RunRecord
    {
        RunId = "r-1", ProjectName = "p", Attempts = [new AttemptRecord { Number = 1, State = state, InstanceId = "" }],
    }));
}
