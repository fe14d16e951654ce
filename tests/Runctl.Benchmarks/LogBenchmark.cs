using System.Diagnostics;
using System.Globalization;
using Runctl.Configuration;
using Runctl.Guard.Tests.Sandboxed;
using Runctl.Logs;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Training;

namespace Runctl.Benchmarks;

/// <summary>Logs: how late a line is through S3, how fast 100 MB come, what the guard takes at 10,000 lines a second, and what SSM brings without a bucket.</summary>
internal static class LogBenchmark
{
    private const int Big = 1_000_000;

    public static async Task RunAsync()
    {
        await using var rig = await Rig.StartAsync();
        await DelayAsync(rig, 20 * 60, 20, "a line's delay through S3, 20 lines/s");
        await DelayAsync(rig, 10_000 * 30, 10_000, "a line's delay through S3, 10,000 lines/s");
        await WholeAsync(rig);
        await OverSsmAsync(rig);
    }

    private static async Task DelayAsync(Rig rig, int count, int rate, string what)
    {
        var training = await StartAsync(rig, true, count, rate);
        var guard = GuardBenchmark.GuardOf(rig, training.InstanceId);
        var (ticks, clock) = (GuardBenchmark.ProcessorTicks(guard), Stopwatch.StartNew());
        var delays = new List<double>();
        var last = -1;
        await foreach (var line in ReadAsync(rig.Cloud, training, follow: true))
        {
            var number = int.Parse(line.AsSpan(0, 9), CultureInfo.InvariantCulture);
            last = number == last + 1 ? number : throw new InvalidOperationException($"Line {number} came after {last}.");
            // What was printed before anybody followed was not late.
            if (number > rate * 8)
            {
                delays.Add((DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0) - double.Parse(line.AsSpan(10, 17), NumberStyles.Float, CultureInfo.InvariantCulture));
            }
        }

        var share = (GuardBenchmark.ProcessorTicks(guard) - ticks) / clock.Elapsed.TotalSeconds;
        Console.WriteLine(Statistics.Row(what, delays, "within a few seconds"));
        Console.WriteLine(GuardBenchmark.Row("the guard's share of a core meanwhile, and its peak", $"{share:0.0} %, {GuardBenchmark.Mebibytes(guard, "VmHWM"):0.0} MiB", "at most 5 %, 60 MiB"));
        await rig.Cloud.Instances.TerminateAsync([training.InstanceId], default);
    }

    private static async Task WholeAsync(Rig rig)
    {
        var training = await StartAsync(rig, true, Big, 0);
        await CountAsync(rig.Cloud, training, follow: true);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var clock = Stopwatch.StartNew();
        var (count, peak) = (0, 0L);
        await foreach (var line in ReadAsync(rig.Cloud, training, follow: false))
        {
            if (++count % 10_000 == 0)
            {
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: count % 250_000 == 0));
            }
        }

        var seconds = clock.Elapsed.TotalSeconds;
        Console.WriteLine(GuardBenchmark.Row($"reading a log of 100 MB from S3, {count:N0} lines", $"{seconds:0.0} s, {Big / 1e4 / seconds:0} MB/s", "complete"));
        Console.WriteLine(GuardBenchmark.Row("its managed memory at most, garbage included", $"{(peak - before) / 1048576.0:0} MiB", "does not grow with the log"));
        clock.Restart();
        await CountAsync(rig.Cloud, training, follow: false, tail: 20);
        Console.WriteLine(GuardBenchmark.Row("the last 20 lines of it", $"{clock.Elapsed.TotalSeconds:0.00} s", ""));
        await rig.Cloud.Instances.TerminateAsync([training.InstanceId], default);
    }

    private static async Task OverSsmAsync(Rig rig)
    {
        var training = await StartAsync(rig, false, 100_000, 0);
        var counting = new CountingCloud(rig.Cloud);
        var clock = Stopwatch.StartNew();
        var count = await CountAsync(counting, training, follow: true);
        Console.WriteLine(GuardBenchmark.Row($"reading 10 MB over SSM, {count:N0} lines in {counting.Sent} commands", $"{clock.Elapsed.TotalSeconds:0.0} s, at most {counting.MostInFlight} in flight", "complete, at most 1"));
        await rig.Cloud.Instances.TerminateAsync([training.InstanceId], default);
    }

    private static async Task<RunctlTraining> StartAsync(Rig rig, bool bucket, int count, int rate) => await rig.TrainAsync(
        (await rig.LaunchAsync())[0], "print.py", bucket ? rig.Configuration : rig.Configuration with { S3Bucket = null },
        count.ToString(CultureInfo.InvariantCulture), rate.ToString(CultureInfo.InvariantCulture));

    private static IAsyncEnumerable<string> ReadAsync(ICloud cloud, RunctlTraining training, bool follow, int? tail = null) =>
        new TrainingLog(cloud, new RunctlConfiguration(), TimeProvider.System).ReadAsync(training, new LogOptions { Follow = follow, Tail = tail }, new Nobody(), Console.Error.WriteLine, default);

    private static async Task<int> CountAsync(ICloud cloud, RunctlTraining training, bool follow, int? tail = null)
    {
        var count = 0;
        await foreach (var line in ReadAsync(cloud, training, follow, tail))
        {
            count++;
        }

        return count;
    }

    private sealed class Nobody : IProgress<ProgressUpdate>
    {
        public void Report(ProgressUpdate value)
        {
        }
    }
}
