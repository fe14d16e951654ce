using System.Diagnostics;
using System.Globalization;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Sandbox;
using Runctl.Training;

namespace Runctl.Benchmarks;

/// <summary>What it costs to list 1,000 instances and 10,000 runs: calls and time, over HTTP, on a sandbox's instances without processes.</summary>
internal static class ListBenchmark
{
    private const int Instances = 1000;
    private const int Runs = 10_000;
    private const int AtOnce = 16;
    private static readonly string[] Services = ["ec2:*", "ssm:*", "s3:*"];

    public static async Task RunAsync()
    {
        await using var rig = await Rig.StartAsync(new SandboxOptions { Responder = (instance, _) => StandInFleet.Status(instance) });
        var instances = await LaunchAsync(rig);
        await FillAsync(rig, instances, Runs);
        // A delay is the one fault that lets the request through; it counts them.
        var counted = Services.Select(operation => rig.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = operation, Kind = SandboxFaultKind.Delay, Delay = TimeSpan.FromMilliseconds(1) })).ToList();
        var reads = rig.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = "s3:GetObject", Kind = SandboxFaultKind.Delay, Delay = TimeSpan.FromMilliseconds(1) });

        async Task MeasureAsync(string what, int expected, int limit, string rule, Func<Task<int>> list)
        {
            var (before, readBefore, began) = (counted.Sum(c => c.Hits), reads.Hits, Stopwatch.GetTimestamp());
            var found = await list();
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            var calls = counted.Sum(c => c.Hits) - before;
            if (found != expected)
            {
                throw new InvalidOperationException($"{what} found {found}, not {expected}.");
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what}: calls, of these records read | {calls}, {reads.Hits - readBefore} |  |  | 1 | at most {limit}: {rule} |"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| the same: time | {seconds:0.0} s |  |  | 1 | none |"));
        }

        var finder = new RunFinder(rig.Cloud, rig.Configuration, TimeProvider.System);
        Task<int> CountAsync(TrainingQuery query, int most = int.MaxValue) => TakeAsync(finder.FindAsync(query, default), most);
        const int Groups = Instances / 50;
        await MeasureAsync("Get-RunctlInstance, 1,000 instances", Instances, (8 * Groups) + 20, "8 for 50 instances, and 20", async () =>
        {
            var found = new List<RunctlInstance>();
            await foreach (var instance in new InstanceFinder(rig.Cloud).FindAsync([], all: false, default))
            {
                found.Add(instance);
            }

            return (await new InstanceCosts(rig.Cloud, rig.Configuration, TimeProvider.System).CompleteAsync(found, default)).Count(i => i.TrainingState == "running");
        });
        await MeasureAsync("Get-RunctlTraining, 10,000 runs, 1,000 of them running", Runs, (8 * Groups) + (4 * Runs / 1000) + 20, "8 for 50 instances, 4 for 1,000 runs, and 20", () => CountAsync(new TrainingQuery()));
        await MeasureAsync("Get-RunctlTraining | Select-Object -First 10", 10, 20, "one page, one command", () => CountAsync(new TrainingQuery(), 10));
        await MeasureAsync("Get-RunctlInstance | Get-RunctlTraining, by the runs of 1,000 instances", Instances, (8 * Groups) + (4 * Runs / 1000) + 20, "8 for 50 instances, 4 for 1,000 runs, and 20",
            () => CountAsync(new TrainingQuery { RunIds = [.. instances.Select(RunOn)] }));
        await MeasureAsync("the same, by their ids", Instances, (8 * Groups) + (4 * Runs / 1000) + 20, "8 for 50 instances, 4 for 1,000 runs, and 20", () => CountAsync(new TrainingQuery { InstanceIds = instances }));
        await MeasureAsync("Get-RunctlTraining of one run", 1, 10, "10", () => CountAsync(new TrainingQuery { RunIds = ["old-5000"] }));
    }

    private static string RunOn(string instance) => StandInFleet.TrainingOn(instance).RunId;

    private static async Task<int> TakeAsync(IAsyncEnumerable<RunctlTraining> runs, int most)
    {
        var count = 0;
        await foreach (var _ in runs)
        {
            if (++count == most)
            {
                break;
            }
        }

        return count;
    }

    /// <summary>1,000 instances that a command reaches.</summary>
    internal static async Task<string[]> LaunchAsync(Rig rig)
    {
        var launcher = new SpotLauncher(rig.Cloud, TimeProvider.System);
        var plan = await launcher.PlanAsync(new LaunchRequest { InstanceTypes = ["g5.xlarge"], Count = Instances, IamInstanceProfile = rig.Sandbox.InstanceProfile }, default);
        string[] ids = [.. (await launcher.LaunchAsync(plan, new Progress<Runctl.Progress.ProgressUpdate>(), default)).Select(i => i.InstanceId)];
        while ((await rig.Cloud.Commands.FindManagedAsync(ids, default)).Count(m => m.IsOnline) < ids.Length)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        return ids;
    }

    /// <summary>The newest runs train, one on each instance; of each run there is the claim, and of those before the end.</summary>
    internal static async Task FillAsync(Rig rig, string[] instances, int runs)
    {
        var now = DateTimeOffset.UtcNow;
        var store = new RunStore(rig.Cloud.Objects, rig.Configuration.S3Bucket!, rig.Configuration.RunPrefix, TimeProvider.System);
        await Parallel.ForEachAsync(Enumerable.Range(0, runs), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, token) =>
        {
            var isRunning = i < instances.Length;
            var started = now.AddMinutes(-i * 10);
            var claim = new AttemptRecord
            {
                Number = 1, State = "claimed", InstanceId = isRunning ? instances[i] : $"i-{i:x17}", InstanceType = "g5.xlarge", AvailabilityZone = "us-east-1a", IsSpot = true, Claimed = started,
            };
            var ended = claim with
            {
                State = "finished", Started = started, Ended = started.AddHours(3), ExitCode = 0, FirstStep = 1, LastStep = 1000 + i, Phases = [new Phase("setup", 12.5), new Phase("save", 1.25)],
                Checkpoint = new CheckpointRecord { Manifest = $"s3://b/checkpoints/spot-interruptions/i-{i:x17}/checkpoints/epoch_{i}.pt.manifest.json", Name = $"epoch_{i}.pt", Step = 1000 + i },
            };
            var record = new RunRecord { RunId = isRunning ? RunOn(instances[i]) : $"old-{i}", ProjectName = "digits", Created = started, Attempts = [isRunning ? claim : ended] };
            var spec = new RunSpec { RunId = record.RunId, ProjectName = "digits", Region = "us-east-1", Script = "train.py", Created = started };
            await store.Index.WriteAsync(record, claim, spec.Script, isChecked: false, token);
            await store.CreateAsync(spec, record, token);
        });
    }
}
