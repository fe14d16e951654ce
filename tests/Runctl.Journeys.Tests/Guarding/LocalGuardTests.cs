using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Logs;
using Runctl.Monitoring;
using Runctl.Progress;
using Runctl.Training;

namespace Runctl.Journeys.Tests.Guarding;

/// <summary>The real guard in a real shell below a directory; no bucket, so nothing leaves the machine.</summary>
public sealed class LocalGuardTests : IDisposable
{
    private const string Script = """
        import os, signal, sys, time
        print("hello", *sys.argv[1:], flush=True)
        step = 0
        def stop(*_):
            os.makedirs("checkpoints", exist_ok=True)
            with open("checkpoints/epoch_%d.pt" % step, "wb") as f:
                f.write(b"weights" * 100)
            print("saved", flush=True)
            sys.exit(0)
        signal.signal(signal.SIGTERM, stop)
        while True:
            step += 1
            with open(os.environ["RUNCTL_PROGRESS_FILE"], "a") as f:
                f.write("step %d\n" % step)
            time.sleep(0.05)
        """;

    private static readonly RunctlConfiguration Configuration = new();
    private readonly TempDirectory _root = new();
    private readonly TempDirectory _project = new();
    private readonly FakeCloud _cloud;
    private readonly Collect<ProgressUpdate> _progress = new();
    private StartPlan? _plan;

    public LocalGuardTests()
    {
        _root.Write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
        KnowInstance();
        _project.Write("training/train.py", Script);
        _cloud = new FakeCloud(_root.Path);
        _cloud.Ec2.Add("i-1");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RunFinder Finder => new(_cloud, Configuration, TimeProvider.System);

    private RunControl Control => new(_cloud, TimeProvider.System);

    public void Dispose()
    {
        _cloud.Dispose();
        _root.Dispose();
        _project.Dispose();
    }

    [Fact]
    public async Task A_training_starts_tells_its_steps_and_log_and_stops_with_a_checkpoint()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The guard runs on Linux.");
        var training = await StartAsync("--name", "it's $(me)");
        Assert.Equal("running", training.State);
        Assert.NotNull(training.ProcessId);

        var observer = new Observer();
        await using var monitor = new InstanceMonitor(_cloud, TimeProvider.System);
        await using var watch = monitor.Watch(new MonitorTarget(training, TimeSpan.FromMilliseconds(200)), observer);
        var stopped = await Control.StopAsync(training, TimeSpan.FromSeconds(10), Assert.Fail, Token);
        Assert.Equal("stopped", stopped.State);
        Assert.Null(stopped.ExitCode);
        Assert.True(stopped.LastStep > 0);

        Assert.Equal("stopped", (await observer.Ended.Task.WaitAsync(TimeSpan.FromSeconds(180), Token)).State);
        var kinds = observer.Events.Select(e => e.Kind).ToList();
        Assert.Equal(EventKinds.TrainingStarted, kinds[0]);
        Assert.Contains(EventKinds.CheckpointSaved, kinds);
        Assert.Equal(EventKinds.TrainingStopped, kinds[^1]);
        Assert.Equal(Enumerable.Range(1, kinds.Count).Select(n => (long)n), observer.Events.Select(e => e.Sequence));

        var lines = new List<string>();
        await foreach (var line in new TrainingLog(_cloud, Configuration, TimeProvider.System).ReadAsync(stopped, new LogOptions { Follow = true }, _progress, Assert.Fail, Token))
        {
            lines.Add(line);
        }

        Assert.Equal(["hello --name it's $(me)", "saved"], lines.Where(l => l.StartsWith("hello", StringComparison.Ordinal) || l == "saved"));
    }

    [Fact]
    public async Task A_script_that_fails_at_once_is_an_error_with_the_end_of_its_output()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The guard runs on Linux.");
        _project.Write("training/train.py", "raise SystemExit('no such data set')\n");
        var error = await Assert.ThrowsAsync<RunctlException>(() => StartAsync());
        Assert.Equal("TrainingFailed", error.Id);
        Assert.Contains("no such data set", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unchanged_code_is_not_sent_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The guard runs on Linux.");
        _project.Write("training/train.py", "print('done')\n");
        await StartAsync();
        var sent = _cloud.Shell.Sent.Count(c => c.Comment == "runctl deliver");
        await StartAsync();
        Assert.Equal(sent, _cloud.Shell.Sent.Count(c => c.Comment == "runctl deliver"));
    }

    [Fact]
    public async Task What_stays_behind_is_in_the_plan_and_in_the_training()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The guard runs on Linux.");
        _project.Write("training/train.py", "print('done')\n");
        File.CreateSymbolicLink(Path.Combine(_project.Path, "outside"), "/etc/hostname");
        var training = await StartAsync();
        Assert.Contains(training.Warnings, warning => warning.StartsWith("outside is a link", StringComparison.Ordinal));
        Assert.Equal(_plan!.Warnings, training.Warnings);
    }

    [Fact]
    public async Task A_run_is_found_by_its_instance_without_a_bucket()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The guard runs on Linux.");
        _project.Write("training/train.py", "print('done')\n");
        var started = await StartAsync();
        var found = new List<RunctlTraining>();
        await foreach (var training in Finder.FindAsync(null, "i-1", Token))
        {
            found.Add(training);
        }

        Assert.Equal(started.RunId, Assert.Single(found).RunId);
        Assert.Equal("finished", (await Control.WaitAsync(started, TimeSpan.FromMilliseconds(100), Assert.Fail, _progress, Token)).State);
    }

    /// <summary>Its guard has learned its instance's id in this boot already: there is no metadata service here, which it would ask for 5 s at each call.</summary>
    private void KnowInstance()
    {
        const string Boot = "/proc/sys/kernel/random/boot_id";
        if (File.Exists(Boot))
        {
            _root.Write("var/lib/runctl/instance.json", $$"""{"schema":1,"instance_id":"i-1","boot_id":"{{File.ReadAllText(Boot).Trim()}}"}""");
        }
    }

    private async Task<RunctlTraining> StartAsync(params string[] arguments)
    {
        var starter = new TrainingStarter(_cloud, new FakeAdapters(), TimeProvider.System);
        var request = new StartRequest { InstanceId = "i-1", ScriptPath = Path.Combine(_project.Path, "training/train.py"), ProjectDirectory = _project.Path, ScriptArguments = arguments, SyncCode = true };
        _plan = await starter.PlanAsync(request, Configuration, Token);
        var outcome = await starter.StartAsync(_plan, _progress, Token);
        return outcome.Failure is { } failure ? throw failure : outcome.Training;
    }

    private sealed class Observer : IMonitorObserver
    {
        public List<RunctlEvent> Events { get; } = [];

        public List<string> Warnings { get; } = [];

        public TaskCompletionSource<RunctlTraining> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnEvent(RunctlEvent runctlEvent) => Events.Add(runctlEvent);

        public void OnWarning(string message) => Warnings.Add(message);

        public void OnEnded(RunctlTraining training) => Ended.SetResult(training);
    }
}
