using System.Globalization;
using Runctl.Configuration;
using Runctl.Logs;
using Runctl.Progress;
using Runctl.Training;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>Trainings that print a great deal, followed as Get-RunctlTrainingLog follows them.</summary>
public sealed class LogTests(GuardSandbox sandbox)
{
    private const int Big = 1_000_000;

    /// <summary>Prints numbered lines of 100 bytes: so many at once, or so many a second.</summary>
    private const string Printer = """
        import sys, time
        count, rate = {0}, {1}
        began = time.monotonic()
        for first in range(0, count, 1000):
            sys.stdout.write("".join("%09d %s\n" % (i, "x" * 89) for i in range(first, first + 1000)))
            sys.stdout.flush()
            if rate:
                time.sleep(max(0.0, began + (first + 1000) / rate - time.monotonic()))
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ten_thousand_lines_a_second_are_followed_through_S3_complete_and_in_order()
    {
        await using var run = await sandbox.StartAsync(Source(100_000, 10_000));
        var (count, wrong) = await ReadAsync(run, sandbox.Sandbox.Bucket, follow: true);
        Assert.Equal((100_000, 0), (count, wrong));
    }

    [Fact]
    public async Task A_log_of_100_MB_comes_complete_and_in_order_and_the_guard_does_not_grow_with_it()
    {
        await using var run = await sandbox.StartAsync(Source(Big, 0));
        var (count, wrong) = await ReadAsync(run, sandbox.Sandbox.Bucket, follow: true);
        Assert.Equal((Big, 0), (count, wrong));
        var peak = (await run.ShellAsync($"sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/{run.GuardPid()}/status")).Output;
        TestContext.Current.TestOutputHelper?.WriteLine($"The guard's peak: {peak} kB");
        Assert.InRange(int.Parse(peak, CultureInfo.InvariantCulture), 1, 80 * 1024);
    }

    [Fact]
    public async Task Without_a_bucket_it_comes_over_SSM_one_command_at_a_time_and_says_how_far_behind_it_is()
    {
        await using var run = await sandbox.StartAsync(new Scenario(Source(50_000, 0)) { HasBucket = false });
        var commands = new CountingCloud(sandbox.Cloud);
        var progress = new Told();
        var (count, wrong) = await ReadAsync(run, null, follow: true, commands, progress);
        Assert.Equal((50_000, 0), (count, wrong));
        Assert.Equal(1, commands.MostInFlight);
        Assert.Contains(progress.Statuses, text => text.EndsWith("MiB behind", StringComparison.Ordinal));
    }

    private static string Source(int count, int rate) =>
        Printer.Replace("{0}", count.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("{1}", rate.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private async Task<(int Count, int Wrong)> ReadAsync(GuardedRun run, string? bucket, bool follow, CountingCloud? cloud = null, Told? progress = null)
    {
        var training = new RunctlTraining
        {
            RunId = run.Id, InstanceId = run.InstanceId, ProjectName = "digits", Script = "train.py", State = "running", Region = sandbox.Cloud.Region,
            S3Bucket = bucket, S3Prefix = "checkpoints/spot-interruptions", RunPrefix = "checkpoints/runctl",
        };
        var log = new TrainingLog(cloud ?? sandbox.Cloud, new RunctlConfiguration(), TimeProvider.System);
        var (count, wrong) = (0, 0);
        await foreach (var line in log.ReadAsync(training, new LogOptions { Follow = follow, PollInterval = TimeSpan.FromMilliseconds(500) }, progress ?? new Told(), Assert.Fail, Ct))
        {
            wrong += line.Length == 99 && int.Parse(line.AsSpan(0, 9), CultureInfo.InvariantCulture) == count ? 0 : 1;
            count++;
        }

        return (count, wrong);
    }

    private sealed class Told : IProgress<ProgressUpdate>
    {
        public HashSet<string> Statuses { get; } = new(StringComparer.Ordinal);

        public void Report(ProgressUpdate value) => Statuses.Add(value.Status);
    }
}
