using System.Text.Json;
using Runctl.Monitoring;
using Runctl.Ports;
using Runctl.Training;

namespace Runctl.Journeys.Tests.Sandboxed;

/// <summary>A training on an instance of its own, under a monitor of its own that polls quickly. It counts the SIGTERMs it gets, and saves at the first.</summary>
internal sealed class WatchedTraining : IAsyncDisposable
{
    private const string Script = """
        import json, os, signal, sys, time
        def save(*_):
            with open("signals", "a") as f:
                f.write("x")
            stop.append(1)
        stop = []
        signal.signal(signal.SIGTERM, save)
        print("ready", flush=True)
        while not stop:
            time.sleep(0.02)
        time.sleep(0.5)
        os.makedirs("checkpoints", exist_ok=True)
        with open("checkpoints/step_7.json", "w") as f:
            json.dump({"step": 7}, f)
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    private readonly SandboxFixture _fixture;
    private readonly InstanceMonitor _monitor;

    private WatchedTraining(SandboxFixture fixture, RunctlTraining training)
    {
        (_fixture, Training) = (fixture, training);
        _monitor = new InstanceMonitor(fixture.Cloud, TimeProvider.System);
        Root = fixture.Sandbox.Instances.Single(i => i.InstanceId == training.InstanceId).RootDirectory!;
    }

    public RunctlTraining Training { get; }

    public string Root { get; }

    public MonitorObserver Told { get; } = new();

    public string InstanceId => Training.InstanceId;

    /// <summary>A letter for each SIGTERM the training got.</summary>
    public string Signals => Read(Path.Combine(Root, "home/ubuntu", Training.ProjectName, "signals"));

    private string Home => Path.Combine(Root, "var/lib/runctl");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<WatchedTraining> StartAsync(SandboxFixture fixture)
    {
        using var project = new TempDirectory();
        project.Write("train.py", Script);
        var instance = await fixture.LaunchAsync(Token);
        var started = new WatchedTraining(fixture, await fixture.StartAsync(instance.InstanceId, project.Path, "train.py", Token));
        await UntilAsync(() => Read(Path.Combine(started.Home, "runs", started.Training.RunId, "log")).Contains("ready", StringComparison.Ordinal));
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        await _monitor.DisposeAsync();
        await _fixture.Cloud.Instances.TerminateAsync([InstanceId], CancellationToken.None);
    }

    public void Watch() => _monitor.Watch(new MonitorTarget(Training, TimeSpan.FromMilliseconds(400)), Told);

    public static async Task UntilAsync(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "Not within the time.");
            await Task.Delay(30, Token);
        }
    }

    public Task<RunctlTraining> EndAsync() => Told.Ended.Task.WaitAsync(Patience, Token);

    /// <summary>The process id in guard.json, or null.</summary>
    public int? GuardPid()
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Home, "guard.json")));
            return document.RootElement.GetProperty("pid").GetInt32();
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Kills the guard and who would start it again.</summary>
    public Task KillGuardAsync() => ShellAsync($"""
        keeper=$(sed -n 's/^PPid:[^0-9]*//p' /proc/{GuardPid()}/status)
        kill -9 "$keeper" {GuardPid()}
        """);

    /// <summary>The same, and none can be started: somebody who hangs has its lock.</summary>
    public async Task LoseGuardAsync()
    {
        await KillGuardAsync();
        await ShellAsync("""
            lock="$RUNCTL_ROOT/var/lib/runctl/guard.lock"
            setsid python3 -c 'import fcntl, sys, time; f = open(sys.argv[1], "a"); fcntl.flock(f, fcntl.LOCK_EX); open(sys.argv[1] + ".held", "w"); time.sleep(600)' "$lock" </dev/null >/dev/null 2>&1 &
            while [ ! -e "$lock.held" ]; do sleep 0.05; done
            """);
    }

    /// <summary>Calls the guard program as a monitor does, without waiting for its end.</summary>
    public Task BeginAsync(params string[] arguments)
    {
        var envelope = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(new { argv = arguments, stdin = (object?)null }));
        return _fixture.Cloud.Commands.SendAsync(Command($"exec python3 -IBS \"$RUNCTL_ROOT\"/var/lib/runctl/guard/*.pyz '@{envelope}'"), Token);
    }

    /// <summary>Runs a script on the instance as root.</summary>
    public async Task ShellAsync(string script)
    {
        var id = await _fixture.Cloud.Commands.SendAsync(Command(script), Token);
        CommandOutcome? outcome = null;
        for (var deadline = DateTime.UtcNow + Patience; outcome is not { IsFinal: true }; outcome = await _fixture.Cloud.Commands.GetOutcomeAsync(id, InstanceId, Token))
        {
            Assert.True(DateTime.UtcNow < deadline, "The command did not end: " + script);
            await Task.Delay(50, Token);
        }

        Assert.True(outcome.ExitCode == 0, outcome.Output + outcome.Error);
    }

    private ShellCommand Command(string script) => new([InstanceId], script, TimeSpan.FromSeconds(90), "test");

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
