using System.Globalization;

namespace Runctl.Benchmarks;

/// <summary>From the moment a notice can be read in IMDS to the moment SIGTERM is in the training's handler, at the guard's poll of 1 s.</summary>
internal static class NoticeBenchmark
{
    private const int Notices = 50;
    private const int AtATime = 5;
    private const int Crowds = 10;

    public static async Task RunAsync()
    {
        await using var rig = await Rig.StartAsync();
        var random = new Random(1);
        var seconds = new List<double>();
        while (seconds.Count < Notices)
        {
            seconds.AddRange(await Task.WhenAll((await rig.LaunchAsync(AtATime)).Select(async instance =>
            {
                var answer = Path.Combine(rig.Answers.FullName, instance);
                await rig.TrainAsync(instance, "probe.py", answer);
                // A notice may come at any point between two polls.
                await Task.Delay(random.Next(1000, 2000));
                var noticed = DateTimeOffset.UtcNow;
                await rig.Sandbox.InterruptAsync(instance, TimeSpan.FromSeconds(20));
                return double.Parse(await Rig.AnswerAsync(answer), CultureInfo.InvariantCulture) - noticed.ToUnixTimeMilliseconds() / 1000.0;
            })));
        }

        Console.WriteLine(Statistics.Row("notice in IMDS to SIGTERM in the training", seconds, "median at most 0.7 s, worst at most 1.5 s"));
    }

    /// <summary>The same with 100,000 files in the checkpoint directory and 200 processes in the run.</summary>
    public static async Task RunCrowdedAsync()
    {
        await using var rig = await Rig.StartAsync();
        var random = new Random(2);
        var seconds = new List<double>();
        for (var round = 0; round < Crowds; round++)
        {
            var instance = (await rig.LaunchAsync())[0];
            var answer = Path.Combine(rig.Answers.FullName, instance);
            await rig.TrainAsync(instance, "crowd.py", answer, "100000", "200");
            await Rig.AnswerAsync(answer + ".ready");
            await Task.Delay(random.Next(5000, 6000));
            var noticed = DateTimeOffset.UtcNow;
            await rig.Sandbox.InterruptAsync(instance, TimeSpan.FromSeconds(30));
            seconds.Add(double.Parse(await Rig.AnswerAsync(answer), CultureInfo.InvariantCulture) - noticed.ToUnixTimeMilliseconds() / 1000.0);
            await rig.Cloud.Instances.TerminateAsync([instance], default);
        }

        Console.WriteLine(Statistics.Row("the same with 100,000 files in the checkpoint directory and 200 processes", seconds, "median at most 0.7 s, worst at most 1.5 s"));
    }
}
