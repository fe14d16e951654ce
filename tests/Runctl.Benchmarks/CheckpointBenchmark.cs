using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Amazon.S3.Transfer;
using Runctl.Events;

namespace Runctl.Benchmarks;

/// <summary>From the end of a training that saved 256 MiB to the committed manifest, beside the SDK's own transfer of as much.</summary>
internal static class CheckpointBenchmark
{
    private const int Rounds = 5;
    private const int Mebibytes = 256;

    public static async Task RunAsync()
    {
        await using var rig = await Rig.StartAsync();
        var (committed, transferred) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            committed.Add(await InterruptAsync(rig));
            transferred.Add(await TransferAsync(rig));
        }

        Console.WriteLine(Statistics.Row($"training's end to the manifest of {Mebibytes} MiB: found, checked, uploaded, verified", committed, "at most 3 s"));
        await ManyFilesAsync(rig);
        Console.WriteLine(Statistics.Row("the SDK's TransferUtility with as many bytes, as the peer: uploaded", transferred, "none"));
    }

    /// <summary>1,000 files of 100 bytes over a link of 40 ms: from the training's end to the manifest, and restored on another instance.</summary>
    private static async Task ManyFilesAsync(Rig rig)
    {
        var (committed, restored) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var instances = await rig.LaunchAsync(2);
            foreach (var instance in instances)
            {
                rig.Sandbox.SetConditions(instance, rig.Sandbox.GetConditions(instance) with { LinkLatency = TimeSpan.FromMilliseconds(40) });
            }

            var answer = Path.Combine(rig.Answers.FullName, instances[0]);
            var training = await rig.TrainAsync(instances[0], "many.py", answer, "1000");
            await rig.Sandbox.InterruptAsync(instances[0], TimeSpan.FromSeconds(60));
            var saved = double.Parse(await Rig.AnswerAsync(answer), CultureInfo.InvariantCulture);
            committed.Add(await rig.EventTimeAsync(training, EventKinds.CheckpointUploaded) - saved);
            var manifest = (await rig.EventDataAsync(training, EventKinds.CheckpointUploaded)).GetProperty("manifest").GetString()!;
            var resumed = await rig.ResumeAsync(instances[1], "many.py", manifest, answer + ".again", "1000");
            restored.Add((await rig.EventDataAsync(resumed, EventKinds.CheckpointRestored)).GetProperty("seconds").GetDouble());
            await rig.Cloud.Instances.TerminateAsync(instances, default);
        }

        Console.WriteLine(Statistics.Row("training's end to the manifest of 1,000 files of 100 bytes, 40 ms to S3", committed, "at most 8 s"));
        Console.WriteLine(Statistics.Row("1,000 files of 100 bytes restored, 40 ms to S3", restored, "at most 8 s"));
    }

    private static async Task<double> InterruptAsync(Rig rig)
    {
        var instance = (await rig.LaunchAsync())[0];
        var answer = Path.Combine(rig.Answers.FullName, instance);
        var training = await rig.TrainAsync(instance, "save.py", answer, Mebibytes.ToString(CultureInfo.InvariantCulture));
        await rig.Sandbox.InterruptAsync(instance, TimeSpan.FromSeconds(60));
        var saved = double.Parse(await Rig.AnswerAsync(answer), CultureInfo.InvariantCulture);
        var committed = await rig.EventTimeAsync(training, EventKinds.CheckpointUploaded);
        await rig.Cloud.Instances.TerminateAsync([instance], default);
        return committed - saved;
    }

    private static async Task<double> TransferAsync(Rig rig)
    {
        var path = Path.Combine(rig.Answers.FullName, "peer");
        await File.WriteAllBytesAsync(path, RandomNumberGenerator.GetBytes(Mebibytes << 20));
        using var transfer = new TransferUtility(rig.S3);
        var watch = Stopwatch.StartNew();
        await transfer.UploadAsync(path, rig.Sandbox.Bucket, "peer");
        return watch.Elapsed.TotalSeconds;
    }
}
