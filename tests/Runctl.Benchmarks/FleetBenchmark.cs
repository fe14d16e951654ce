using System.Diagnostics;
using System.Globalization;
using Runctl.Events;
using Runctl.Monitoring;
using Runctl.Sandbox;
using Runctl.Training;

namespace Runctl.Benchmarks;

/// <summary>One session that monitors 200 instances: for an hour of simulated time on stand-ins at the level of the ports, and for some polls on a sandbox's instances without processes.</summary>
internal static class FleetBenchmark
{
    private const int Instances = 200;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WarmUp = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly string[] Counted = ["ec2:*", "ssm:*", "ssm:SendCommand"];
    private static readonly TimeSpan Minutes = TimeSpan.FromMinutes(4);

    public static async Task RunAsync()
    {
        foreach (var latency in new[] { 0.1, 1.2 })
        {
            await MeasureAsync(TimeSpan.FromSeconds(latency));
        }

        await MeasureSandboxAsync();
    }

    /// <summary>Over HTTP, by the real clients. The sandbox is in this process: its own work is measured with it.</summary>
    private static async Task MeasureSandboxAsync()
    {
        await using var rig = await Rig.StartAsync(new SandboxOptions
        {
            Responder = (instance, script) => script.Contains("cloud-init", StringComparison.Ordinal) ? "status: done\n" : StandInFleet.Status(instance),
        });
        var instances = await rig.LaunchAsync(Instances);
        await using var monitor = new InstanceMonitor(rig.Cloud, TimeProvider.System);
        var told = new Told();
        var watches = instances.Select(id => monitor.Watch(new MonitorTarget(StandInFleet.TrainingOn(id), PollInterval), told)).ToList();
        await Task.Delay(2 * PollInterval);
        // A delay is the one fault that lets the request through; it counts them.
        var counted = Counted.Select(operation =>
            rig.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = operation, Kind = SandboxFaultKind.Delay, Delay = TimeSpan.FromMilliseconds(1) })).ToList();
        var began = Cpu();
        await Task.Delay(Minutes);
        var cpu = Cpu() - began;
        var polls = counted[2].Hits / (Instances / 50.0);
        if (told.Warnings > 0 || polls < 1)
        {
            throw new InvalidOperationException($"The fleet was not monitored: {polls} polls, {told.Warnings} warnings, {told.Last}");
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"{Instances} instances of a sandbox, {polls:0} polls in {Minutes.TotalMinutes:0} minutes");
        Console.WriteLine(Row($"{name}: calls a poll", $"{(counted[0].Hits + counted[1].Hits) / polls:0.0}", "at most 2 for 50 instances, and 2: 10"));
        Console.WriteLine(Row($"{name}: of a core, with the sandbox's own work", $"{cpu.TotalSeconds / Minutes.TotalSeconds * 100:0.00} %", "at most 5 %"));
        foreach (var watch in watches)
        {
            await watch.DisposeAsync();
        }
    }

    private static async Task MeasureAsync(TimeSpan latency)
    {
        var time = new SimulatedTime();
        using var fleet = new StandInFleet(time, Instances, latency);
        await using var monitor = new InstanceMonitor(fleet, time);
        var told = new Told();
        var watches = fleet.Trainings.Select(t => monitor.Watch(new MonitorTarget(t, PollInterval), told)).ToList();
        await time.PassAsync(WarmUp);
        var (calls, commands, memory, began) = (fleet.Calls, fleet.Commands, GC.GetTotalMemory(forceFullCollection: true), Cpu());
        await time.PassAsync(Hour);
        var cpu = Cpu() - began;
        var grown = GC.GetTotalMemory(forceFullCollection: true) - memory;
        var polls = (fleet.Commands - commands) / (Instances / 50.0);
        var perPoll = (fleet.Calls - calls) / polls;
        if (told.Warnings > 0 || polls < 100)
        {
            throw new InvalidOperationException($"The fleet was not monitored: {polls} polls, {told.Warnings} warnings, {told.Last}");
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"{Instances} instances that answer after {latency.TotalSeconds} s, {polls:0} polls in an hour");
        Console.WriteLine(Row($"{name}: calls a poll", $"{perPoll:0.0}", "at most 2 for 50 instances, and 2: 10"));
        Console.WriteLine(Row($"{name}: of a core, without HTTP", $"{cpu.TotalSeconds / Hour.TotalSeconds * 100:0.000} %", "at most 5 %"));
        Console.WriteLine(Row($"{name}: memory grown by", $"{grown / 1024.0:0} KiB", "flat"));
        foreach (var watch in watches)
        {
            await watch.DisposeAsync();
        }
    }

    private static string Row(string what, FormattableString value, string target) => $"| {what} | {value.ToString(CultureInfo.InvariantCulture)} |  |  | 1 | {target} |";

    private static TimeSpan Cpu()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }

    private sealed class Told : IMonitorObserver
    {
        private int _warnings;

        public int Warnings => _warnings;

        public string? Last { get; private set; }

        public void OnEvent(RunctlEvent runctlEvent)
        {
        }

        public void OnWarning(string message)
        {
            Interlocked.Increment(ref _warnings);
            Last = message;
        }

        public void OnEnded(RunctlTraining training) => OnWarning("ended");
    }
}
