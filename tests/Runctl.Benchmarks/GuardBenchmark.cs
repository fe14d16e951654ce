using System.Globalization;
using Runctl.Events;

namespace Runctl.Benchmarks;

/// <summary>What the guard takes from the machine it guards: memory and processor while it waits, and memory while it saves.</summary>
internal static class GuardBenchmark
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(60);

    public static async Task RunAsync()
    {
        await using var rig = await Rig.StartAsync();
        var instance = (await rig.LaunchAsync())[0];
        await rig.TrainAsync(instance, "probe.py", Path.Combine(rig.Answers.FullName, instance));
        var guard = GuardOf(rig, instance);
        await Task.Delay(Settling);
        var before = ProcessorTicks(guard);
        await Task.Delay(Watched);
        // The kernel counts in hundredths of a second.
        var share = (ProcessorTicks(guard) - before) / Watched.TotalSeconds;
        Console.WriteLine(Row("guard while it waits: resident", $"{Mebibytes(guard, "VmRSS"):0.0} MiB", "at most 40 MiB"));
        Console.WriteLine(Row($"guard while it waits: share of a core over {Watched.TotalSeconds:0} s", $"{share:0.00} %", "at most 1 %"));
        await rig.Cloud.Instances.TerminateAsync([instance], default);
        await WithManyFilesAsync(rig);
        foreach (var size in (int[])[16, 256, 1024])
        {
            Console.WriteLine(Row($"guard's peak while it saves {size} MiB", $"{await PeakAsync(rig, size):0.0} MiB", "levels off at 40 MiB"));
        }
    }

    private static async Task WithManyFilesAsync(Rig rig)
    {
        var instance = (await rig.LaunchAsync())[0];
        var answer = Path.Combine(rig.Answers.FullName, instance);
        await rig.TrainAsync(instance, "crowd.py", answer, "100000", "1");
        await Rig.AnswerAsync(answer + ".ready");
        var guard = GuardOf(rig, instance);
        await Task.Delay(Watched);
        var before = ProcessorTicks(guard);
        await Task.Delay(Watched);
        Console.WriteLine(Row($"guard beside 100,000 files: share of a core over {Watched.TotalSeconds:0} s", $"{(ProcessorTicks(guard) - before) / Watched.TotalSeconds:0.00} %", "at most 1 %"));
        Console.WriteLine(Row("guard beside 100,000 files: resident", $"{Mebibytes(guard, "VmRSS"):0.0} MiB", "none"));
        await rig.Cloud.Instances.TerminateAsync([instance], default);
    }

    private static async Task<double> PeakAsync(Rig rig, int mebibytes)
    {
        var instance = (await rig.LaunchAsync())[0];
        var training = await rig.TrainAsync(instance, "save.py", Path.Combine(rig.Answers.FullName, instance), mebibytes.ToString(CultureInfo.InvariantCulture));
        await rig.Sandbox.InterruptAsync(instance, TimeSpan.FromSeconds(90));
        await rig.EventTimeAsync(training, EventKinds.CheckpointUploaded);
        var peak = Mebibytes(GuardOf(rig, instance), "VmHWM");
        await rig.Cloud.Instances.TerminateAsync([instance], default);
        return peak;
    }

    /// <summary>The guard's process as this machine sees it, whatever its number in the instance's namespace.</summary>
    public static string GuardOf(Rig rig, string instanceId)
    {
        var program = Path.Combine(rig.RootOf(instanceId), "var/lib/runctl/guard");
        return Directory.GetDirectories("/proc").Single(folder => CommandLine(folder) is { Length: > 2 } words
            && words[^1] == "guard" && words.Any(word => word.StartsWith(program, StringComparison.Ordinal)));
    }

    private static string[]? CommandLine(string folder)
    {
        try
        {
            return char.IsAsciiDigit(Path.GetFileName(folder)[0]) ? File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0', StringSplitOptions.RemoveEmptyEntries) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public static double Mebibytes(string process, string name) => File.ReadLines(Path.Combine(process, "status"))
        .Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024).Single();

    public static long ProcessorTicks(string process)
    {
        // After the name in brackets: utime and stime are the 12th and 13th.
        var fields = File.ReadAllText(Path.Combine(process, "stat")).Split(") ")[^1].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    public static string Row(string what, FormattableString value, string target) => $"| {what} | {value.ToString(CultureInfo.InvariantCulture)} | | | 1 | {target} |";
}
