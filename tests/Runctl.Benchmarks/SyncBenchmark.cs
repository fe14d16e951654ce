using System.Diagnostics;
using Runctl.Adapters;
using Runctl.Code;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Benchmarks;

/// <summary>Bringing a project of 5,000 files to S3 again: unchanged, and with one file changed.</summary>
internal static class SyncBenchmark
{
    private const int Files = 5000;
    private const int Rounds = 7;

    public static async Task RunAsync()
    {
        await using var rig = await Rig.StartAsync();
        var project = Directory.CreateTempSubdirectory("runctl-sync-");
        try
        {
            Write(project.FullName);
            var store = new RunStore(rig.Cloud.Objects, rig.Sandbox.Bucket, "sync", TimeProvider.System);
            var (unchanged, changed, processor, uploads) = (new List<double>(), new List<double>(), new List<double>(), 0);
            async Task<double> SyncAsync()
            {
                var watch = Stopwatch.StartNew();
                var listing = await new ProjectFiles(new AdaptersRoot()).ListAsync(project.FullName, "d0/f0.py", "checkpoints", [], default);
                using var bundle = await CodeBundle.CreateAsync(listing.Files, default);
                await new CodeTransport(rig.Cloud, TimeProvider.System).BringAsync(bundle, store, "i-1", project.FullName, text => uploads += text.StartsWith("Uploading", StringComparison.Ordinal) ? 1 : 0, default);
                return watch.Elapsed.TotalSeconds;
            }

            var first = await SyncAsync();
            for (var round = 0; round < Rounds; round++)
            {
                uploads = 0;
                var before = Environment.CpuUsage.TotalTime;
                unchanged.Add(await SyncAsync());
                processor.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
                if (uploads > 0)
                {
                    throw new InvalidOperationException("An unchanged project was sent again.");
                }

                await File.AppendAllTextAsync(Path.Combine(project.FullName, $"d{round}", "f1.py"), $"# changed {round}\n");
                changed.Add(await SyncAsync());
                if (uploads != 1)
                {
                    throw new InvalidOperationException("A change was not sent.");
                }
            }

            Console.WriteLine(Statistics.Row($"code of {Files:N0} files for the first time", [first], "none"));
            Console.WriteLine(Statistics.Row("the same again, unchanged (no bytes sent)", unchanged, "at most 1 s"));
            Console.WriteLine(Statistics.Row("processor time of that, the sandbox's included", processor, "none"));
            Console.WriteLine(Statistics.Row("the same again, one file changed", changed, "at most 2 s"));
        }
        finally
        {
            project.Delete(recursive: true);
        }
    }

    /// <summary>About 20 MB of what reads like code.</summary>
    private static void Write(string directory)
    {
        var random = new Random(1);
        for (var file = 0; file < Files; file++)
        {
            var path = Path.Combine(directory, $"d{file % 100}", $"f{file / 100}.py");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllLines(path, Enumerable.Range(0, 80).Select(line => $"    value_{random.Next(1000)} = compute({random.Next()}, name_{line})  # {random.Next(100)}"));
        }
    }
}
