using System.Globalization;
using Runctl.Events;
using Runctl.Monitoring;
using Runctl.Resuming;
using Runctl.Training;

namespace Runctl.Benchmarks;

/// <summary>From the moment a notice can be read in IMDS to the first step on a replacement, without the time that is simulated for its boot; the monitor asks every half second.</summary>
internal static class ResumeBenchmark
{
    private const int Resumes = 10;

    public static async Task RunAsync()
    {
        await using var rig = await Rig.StartAsync();
        var seconds = new List<double>();
        for (var turn = 0; turn < Resumes; turn++)
        {
            var instance = (await rig.LaunchAsync())[0];
            var answer = Path.Combine(rig.Answers.FullName, instance);
            var training = await rig.TrainAsync(instance, "resume.py", answer);
            await using var monitor = new InstanceMonitor(rig.Cloud, TimeProvider.System);
            await using var watch = new AutoResumer(rig.Cloud, rig.Adapters, rig.Configuration, TimeProvider.System).Watch(monitor, new MonitorTarget(training, TimeSpan.FromMilliseconds(500)), new Nobody());
            await Task.Delay(TimeSpan.FromSeconds(1));
            var noticed = DateTimeOffset.UtcNow;
            await rig.Sandbox.InterruptAsync(instance, TimeSpan.FromSeconds(20));
            seconds.Add(double.Parse(await Rig.AnswerAsync(answer), CultureInfo.InvariantCulture) - (noticed.ToUnixTimeMilliseconds() / 1000.0) - rig.BootTime.TotalSeconds);
        }

        Console.WriteLine(Statistics.Row("notice in IMDS to the first step on a replacement, without boot", seconds, "at most 5 s"));
    }

    private sealed class Nobody : IMonitorObserver
    {
        public void OnEvent(RunctlEvent runctlEvent)
        {
        }

        public void OnWarning(string message) => Console.Error.WriteLine(message);

        public void OnEnded(RunctlTraining training)
        {
        }
    }
}
