using System.Diagnostics;
using Runctl.Checkpoints;
using Runctl.Drills;
using Runctl.Events;
using Runctl.Logs;
using Runctl.Monitoring;
using Runctl.Progress;
using Runctl.Training;

namespace Runctl.Journeys.Tests.Sandboxed;

/// <summary>The whole promise by real clients, real guard and real processes: interrupted, saved, resumed elsewhere, nothing lost.</summary>
public sealed class InterruptionTests : SandboxedTest
{
    private const string Script = """
        import argparse, json, os, signal, sys, time
        parser = argparse.ArgumentParser()
        parser.add_argument("--resume")
        options = parser.parse_args()
        step = 0
        if options.resume:
            step = json.load(open(options.resume))["step"]
            print("resumed from step", step, flush=True)
        def save(*_):
            os.makedirs("checkpoints", exist_ok=True)
            with open("checkpoints/step_%d.json" % step, "w") as f:
                json.dump({"step": step}, f)
            print("saved step", step, flush=True)
            sys.exit(0)
        stop = []
        signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
        while True:
            if stop:
                save()
            step += 1
            with open(os.environ["RUNCTL_PROGRESS_FILE"], "a") as f:
                f.write("step %d\n" % step)
            time.sleep(0.02)
        """;

    private readonly TempDirectory _project = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public override async ValueTask DisposeAsync()
    {
        _project.Dispose();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task An_interrupted_run_goes_on_elsewhere_and_loses_no_step()
    {
        _project.Write("train.py", Script);
        var first = await Fixture.LaunchAsync(Token);
        Assert.True(first.IsSpot);
        Assert.True(first.IsManaged);
        var training = await Fixture.StartAsync(first.InstanceId, _project.Path, "train.py", Token);
        Assert.Equal("running", training.State);

        var observer = new Observer();
        await using var monitor = new InstanceMonitor(Fixture.Cloud, TimeProvider.System);
        await using var watch = monitor.Watch(new MonitorTarget(training, TimeSpan.FromSeconds(1)), observer);
        var told = new Observer();
        var report = await new InterruptionDrill(Fixture.Cloud, Fixture.Configuration, TimeProvider.System).RunAsync(training, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(300), told, Token);
        Assert.True(report.Passed, report.Reason + string.Join("\n", report.Events.Select(e => e.Message)));
        Assert.Equal(0, report.StepsLost);
        Assert.True(report.InstanceTaken);
        Assert.True(report.SecondsToSpare > 0);

        var ended = await observer.Ended.Task.WaitAsync(TimeSpan.FromSeconds(180), Token);
        Assert.Equal("interrupted", ended.State);
        Assert.Equal(Enumerable.Range(1, observer.Events.Count).Select(n => (long)n), observer.Events.Select(e => e.Sequence));
        Assert.Contains(observer.Events, e => e.Kind == EventKinds.InterruptionHandled);
        Assert.Contains(observer.Events, e => e.Message == $"Spot interruption detected for instance {first.InstanceId}!\nHandling spot interruption for instance {first.InstanceId}");

        var lines = await LogAsync(ended);
        Assert.Equal($"saved step {report.LastStep}", lines[^1]);

        var second = await Fixture.LaunchAsync(Token);
        var resumed = await Fixture.StartAsync(second.InstanceId, _project.Path, "train.py", Token, report.Manifest);
        var finder = new RunFinder(Fixture.Cloud, Fixture.Configuration, TimeProvider.System);
        var stopped = await new RunControl(Fixture.Cloud, TimeProvider.System).StopAsync(resumed, TimeSpan.FromSeconds(10), Assert.Fail, Token);
        Assert.Equal(report.LastStep + 1, stopped.FirstStep);
        Assert.Equal(0, stopped.StepsLost);
        Assert.Equal(report.Manifest, stopped.ResumedFrom!.Manifest);
        Assert.Contains($"resumed from step {report.LastStep}", await LogAsync(stopped));

        var found = new List<RunctlTraining>();
        await foreach (var one in finder.FindAsync(null, null, Token))
        {
            found.Add(one);
        }

        Assert.Equal(["interrupted", "stopped"], found.Select(f => f.State).Order());

        var checkpoints = new List<RunctlCheckpoint>();
        var checkpointCatalog = new CheckpointCatalog(Fixture.Cloud, Fixture.Configuration);
        await foreach (var checkpoint in checkpointCatalog.FindAsync(training.RunId, null, null, Token))
        {
            checkpoints.Add(checkpoint);
        }

        Assert.Equal(report.Manifest, checkpoints[0].Manifest);
        using var target = new TempDirectory();
        var path = await checkpointCatalog.DownloadAsync(checkpoints[0], target.Path, false, new Ignore(), Token);
        Assert.Equal($$"""{"step": {{report.LastStep}}}""", await File.ReadAllTextAsync(path, Token));
        // The path the documentation promises.
        Assert.Equal($"s3://{Fixture.Sandbox.Bucket}/checkpoints/spot-interruptions/{first.InstanceId}/checkpoints/step_{report.LastStep}.json", checkpoints[0].S3Uri);
    }

    private async Task<List<string>> LogAsync(RunctlTraining training)
    {
        var lines = new List<string>();
        await foreach (var line in new TrainingLog(Fixture.Cloud, Fixture.Configuration, TimeProvider.System).ReadAsync(training, new LogOptions { Follow = true, Attempt = training.Attempt, PollInterval = TimeSpan.FromMilliseconds(200) }, new Ignore(), Assert.Fail, Token))
        {
            lines.Add(line);
        }

        return lines;
    }

    private sealed class Observer : IMonitorObserver, IProgress<RunctlEvent>
    {
        public List<RunctlEvent> Events { get; } = [];

        public List<string> Warnings { get; } = [];

        public TaskCompletionSource<RunctlTraining> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnEvent(RunctlEvent runctlEvent) => Events.Add(runctlEvent);

        public void OnWarning(string message) => Warnings.Add(message);

        public void OnEnded(RunctlTraining training) => Ended.SetResult(training);

        public void Report(RunctlEvent value) => Events.Add(value);
    }

    private sealed class Ignore : IProgress<ProgressUpdate>
    {
        public void Report(ProgressUpdate value) => Debug.Assert(value is not null);
    }
}
