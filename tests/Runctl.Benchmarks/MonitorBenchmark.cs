using System.Globalization;
using Runctl.Events;
using Runctl.Monitoring;
using Runctl.Ports;
using Runctl.Training;

namespace Runctl.Benchmarks;

/// <summary>From the moment a notice can be read in IMDS to SIGTERM in the training's handler where the guard is dead and cannot be started: by the monitor, over SSM.</summary>
internal static class MonitorBenchmark
{
    private const int Notices = 15;
    private const int AtATime = 3;

    /// <summary>Kills the guard and its keeper, and leaves its lock with somebody who hangs.</summary>
    private const string LoseGuard = """
        home="$RUNCTL_ROOT/var/lib/runctl"
        guard=$(sed 's/.*"pid":\([0-9]*\).*/\1/' "$home/guard.json")
        kill -9 "$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$guard/status")" "$guard"
        setsid python3 -c 'import fcntl, sys, time; f = open(sys.argv[1], "a"); fcntl.flock(f, fcntl.LOCK_EX); time.sleep(600)' "$home/guard.lock" </dev/null >/dev/null 2>&1 &
        """;

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);

    public static async Task RunAsync()
    {
        await using var rig = await Rig.StartAsync();
        await using var monitor = new InstanceMonitor(rig.Cloud, TimeProvider.System);
        var random = new Random(1);
        var seconds = new List<double>();
        while (seconds.Count < Notices)
        {
            seconds.AddRange(await Task.WhenAll((await rig.LaunchAsync(AtATime)).Select(async instance =>
            {
                var answer = Path.Combine(rig.Answers.FullName, instance);
                var training = await rig.TrainAsync(instance, "probe.py", answer);
                await using var watch = monitor.Watch(new MonitorTarget(training, PollInterval), new Nobody());
                await rig.Cloud.Commands.SendAsync(new ShellCommand([instance], LoseGuard, TimeSpan.FromSeconds(30), "lose the guard"), default);
                // A notice may come at any point between two polls.
                await Task.Delay(random.Next(2000, 12000));
                var noticed = DateTimeOffset.UtcNow;
                await rig.Sandbox.InterruptAsync(instance, TimeSpan.FromSeconds(60));
                return double.Parse(await Rig.AnswerAsync(answer), CultureInfo.InvariantCulture) - (noticed.ToUnixTimeMilliseconds() / 1000.0);
            })));
        }

        var name = $"notice to SIGTERM over SSM, guard dead for good, polled every {PollInterval.TotalSeconds:0} s";
        Console.WriteLine(Statistics.Row(name, seconds, "worst at most the poll interval + 5 s"));
        Console.WriteLine(Statistics.Row("the same, less the poll interval", [.. seconds.Select(s => s - PollInterval.TotalSeconds)], "worst at most 5 s"));
    }

    private sealed class Nobody : IMonitorObserver
    {
        public void OnEvent(RunctlEvent runctlEvent)
        {
        }

        public void OnWarning(string message)
        {
        }

        public void OnEnded(RunctlTraining training)
        {
        }
    }
}
