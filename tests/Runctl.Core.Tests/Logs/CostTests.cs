using System.Globalization;
using Runctl.Configuration;
using Runctl.Core.Tests.Fakes;
using Runctl.Json;
using Runctl.Logs;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Logs;

/// <summary>The rows of docs/costs.md that sessions pay for: each request to S3 is counted. The other rows are counted in test_costs.py.</summary>
public sealed class CostTests : IDisposable
{
    private readonly FakeCloud _cloud = new();

    public CostTests() => WriteRecord("running");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cloud.Dispose();

    /// <summary>A guard ships every two seconds meanwhile, and puts 60 segments together every two minutes.</summary>
    [Fact]
    public async Task An_hour_in_which_the_log_is_followed()
    {
        var log = new Segments(_cloud.Store);
        var shipped = new List<(long Start, long End)>();
        var hour = "";
        _cloud.Store.BeforeList = _ =>
        {
            var seconds = _cloud.Time.GetElapsedTime(0).TotalSeconds;
            for (var i = shipped.Count; i < seconds / 2; i++)
            {
                shipped.Add(log.Ship(string.Create(CultureInfo.InvariantCulture, $"{i}\n")));
                if (i % 60 == 59)
                {
                    var small = shipped[^60..];
                    log.Merge(small);
                    small.ForEach(log.Delete);
                }
            }

            if (seconds >= 3600 && hour.Length == 0)
            {
                hour = Row("an hour in which the log is followed: the reader");
                WriteRecord("finished");
            }
        };
        await CountAsync(new LogOptions { Follow = true });
        AssertIsInPage(hour);
    }

    [Fact]
    public async Task A_month_of_log_is_read()
    {
        WriteRecord("finished");
        var log = new Segments(_cloud.Store);
        for (var i = 0; i < 100; i++)
        {
            log.Ship(string.Create(CultureInfo.InvariantCulture, $"{i}\n"));
        }

        Assert.Equal(100, await CountAsync(new LogOptions { All = true }));
        AssertIsInPage(Row("`Get-RunctlTrainingLog -All` of a month of log"));
    }

    [Fact]
    public async Task A_run_is_looked_up()
    {
        WriteRecord("finished");
        _cloud.Ec2.Add("i-1", "terminated");
        await foreach (var training in new RunFinder(_cloud, new RunctlConfiguration { S3Bucket = "b", RunPrefix = "p" }, _cloud.Time).FindAsync("r-1", null, Token))
        {
            Assert.Equal("finished", training.State);
        }

        AssertIsInPage(Row("`Get-RunctlTraining RUN`"));
    }

    private async Task<int> CountAsync(LogOptions options)
    {
        var training = new RunctlTraining { RunId = "r-1", InstanceId = "", ProjectName = "p", Script = "train.py", State = "running", S3Bucket = "b", S3Prefix = "c", RunPrefix = "p", Region = "us-east-1" };
        var count = 0;
        await foreach (var line in new TrainingLog(_cloud, new RunctlConfiguration(), _cloud.Time).ReadAsync(training, options, new Collect<ProgressUpdate>(), Assert.Fail, Token))
        {
            Assert.Equal(count++.ToString(CultureInfo.InvariantCulture), line);
        }

        return count;
    }

    private string Row(string what)
    {
        var (lists, reads) = (_cloud.Store.Pages, _cloud.Store.Reads);
        var dollars = (lists * 0.005m / 1000) + (reads * 0.0004m / 1000);
        return string.Create(CultureInfo.InvariantCulture, $"| {what} | 0 | {lists:N0} | {reads:N0} | {dollars.ToString("0.000000", CultureInfo.InvariantCulture).TrimEnd('0')} |");
    }

    private static void AssertIsInPage(string row)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Runctl.psd1")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("No Runctl.psd1 above the tests.");
        }

        Assert.True(File.ReadAllText(Path.Combine(directory.FullName, "docs", "costs.md")).Contains(row, StringComparison.Ordinal), $"docs/costs.md does not say: {row}");
    }

    private void WriteRecord(string state) => _cloud.Store.Put("p/runs/r-1/run.json", RunctlJson.Write(new RunRecord
    {
        RunId = "r-1", ProjectName = "p", Attempts = [new AttemptRecord { Number = 1, State = state, InstanceId = state == "running" ? "" : "i-1" }],
    }));
}
