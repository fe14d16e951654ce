using System.Globalization;

namespace Runctl.Benchmarks;

/// <summary>From the moment a notice can be read in IMDS to the moment SIGTERM is in the training's handler, at the guard's poll of 1 s.</summary>
internal static class NoticeBenchmark
{
    private const int Notices = 50;
    private const int AtATime = 5;

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
}
