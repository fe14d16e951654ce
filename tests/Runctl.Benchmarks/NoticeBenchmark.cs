using System.Globalization;
using Runctl.Adapters;
using Runctl.Configuration;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Sandbox;
using Runctl.Training;

namespace Runctl.Benchmarks;

/// <summary>From the moment a notice can be read in IMDS to the moment SIGTERM is in the training's handler, at the guard's poll of 1 s.</summary>
internal static class NoticeBenchmark
{
    private const int Notices = 50;
    private const int AtATime = 5;

    public static async Task RunAsync()
    {
        await using var sandbox = await RunctlSandbox.StartAsync();
        var adapters = new AdaptersRoot();
        using var cloud = adapters.Connect(new CloudConnection
        {
            Region = sandbox.Region,
            EndpointUrl = sandbox.Endpoint,
            Credentials = new CloudCredentials(sandbox.AccessKeyId, sandbox.SecretAccessKey, null),
        });
        var configuration = new RunctlConfiguration { S3Bucket = sandbox.Bucket, IamInstanceProfile = sandbox.InstanceProfile };
        var launcher = new SpotLauncher(cloud, TimeProvider.System);
        var starter = new TrainingStarter(cloud, adapters, TimeProvider.System);
        var random = new Random(1);
        var answers = Directory.CreateTempSubdirectory("runctl-benchmark-");
        File.SetUnixFileMode(answers.FullName, (UnixFileMode)0b111_111_111);
        var seconds = new List<double>();

        while (seconds.Count < Notices)
        {
            var plan = await launcher.PlanAsync(new LaunchRequest { InstanceTypes = ["g5.xlarge"], Count = AtATime, IamInstanceProfile = sandbox.InstanceProfile }, default);
            var launched = await launcher.LaunchAsync(plan, new NoProgress(), default);
            seconds.AddRange(await Task.WhenAll(launched.Select(async instance =>
            {
                var answer = Path.Combine(answers.FullName, instance.InstanceId);
                await launcher.WaitUntilReadyAsync(instance.InstanceId, TimeSpan.FromMinutes(1), new NoProgress(), default);
                var start = await starter.PlanAsync(
                    new StartRequest
                    {
                        InstanceId = instance.InstanceId,
                        ProjectDirectory = Path.Combine(AppContext.BaseDirectory, "probe"),
                        ScriptPath = Path.Combine(AppContext.BaseDirectory, "probe", "probe.py"),
                        ScriptArguments = [answer],
                        SyncCode = true,
                    },
                    configuration,
                    default);
                await starter.StartAsync(start, new NoProgress(), default);
                // A notice may come at any point between two polls.
                await Task.Delay(random.Next(1000, 2000));
                var noticed = DateTimeOffset.UtcNow;
                await sandbox.InterruptAsync(instance.InstanceId, TimeSpan.FromSeconds(20));
                return await ReadSignalTimeAsync(answer) - noticed.ToUnixTimeMilliseconds() / 1000.0;
            })));
        }

        answers.Delete(recursive: true);
        Console.WriteLine(Statistics.Row("notice in IMDS to SIGTERM in the training", seconds, "median at most 0.7 s, worst at most 1.5 s"));
    }

    private static async Task<double> ReadSignalTimeAsync(string path)
    {
        for (var tries = 0; tries < 2000; tries++)
        {
            if (File.Exists(path))
            {
                return double.Parse(await File.ReadAllTextAsync(path), CultureInfo.InvariantCulture);
            }

            await Task.Delay(10);
        }

        throw new TimeoutException("The training was not signalled within 20 s.");
    }

    private sealed class NoProgress : IProgress<ProgressUpdate>
    {
        public void Report(ProgressUpdate value)
        {
        }
    }
}
