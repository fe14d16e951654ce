using System.Text.Json;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>
/// A training whose attempts each stay at a step until they are stopped, so that it is in the middle of itself however slow the machine is.
/// Its result tells whether every step was taken, once and in order.
/// </summary>
internal sealed class HeldTraining : IDisposable
{
    private const string Script =
        """
        import json, os, signal, sys, time
        # Where the first attempt stays, the second and so on; one that reaches the last step of all ends.
        stays = [int(text) for text in sys.argv[1:] if text.isdigit()]
        attempt = int(os.environ["RUNCTL_ATTEMPT"])
        stay = stays[min(attempt, len(stays)) - 1]
        stopping = []
        signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
        directory = os.environ["RUNCTL_CHECKPOINT_DIR"]
        os.makedirs(directory, exist_ok=True)
        step, value = 0, 1
        if "--resume" in sys.argv:
            with open(sys.argv[sys.argv.index("--resume") + 1]) as file:
                step, value = json.load(file)
        def save():
            path = os.path.join(directory, "epoch_%d.json" % step)
            with open(path + ".tmp", "w") as file:
                json.dump([step, value], file)
            os.replace(path + ".tmp", path)
        while step < stay:
            step += 1
            value = (value * 31 + step) % 1000003
            print("step", step, flush=True)
            if "--silent" not in sys.argv:
                with open(os.environ["RUNCTL_PROGRESS_FILE"], "a") as progress:
                    progress.write("step %d\n" % step)
            if step % 10 == 0:
                save()
        if stay < max(stays):
            open("stays-%s-%d" % (os.environ["RUNCTL_RUN_ID"], attempt), "w").close()
            while not stopping:
                time.sleep(0.05)
            while "--slow" in sys.argv and not os.path.exists("let-go"):
                time.sleep(0.05)
        if not (stopping and "--forgetful" in sys.argv):
            save()
        """;

    private readonly SandboxFixture _sandbox;

    public HeldTraining(SandboxFixture sandbox, string settings = "")
    {
        _sandbox = sandbox;
        Project.Write("train.py", Script);
        Project.Write(".runctl.toml", $"[training]\nproject_name = \"held\"\n{settings}");
    }

    /// <summary>Where it is.</summary>
    public Project Project { get; } = new();

    /// <summary>The value of an undisturbed run after so many steps.</summary>
    public static long ValueAfter(int steps) => Enumerable.Range(1, steps).Aggregate(1L, (value, step) => ((value * 31) + step) % 1000003);

    /// <summary>Waits for something, with pauses: the machine is busy enough.</summary>
    public static void Until(Func<bool> holds, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(180), what);
            Thread.Sleep(150);
        }
    }

    /// <summary>Starts it; the run is in $run.</summary>
    public string Start(string instance, string options)
    {
        Assert.Empty(_sandbox.Start(Project, instance, options).Errors);
        return _sandbox.Run("$run.RunId").Single;
    }

    /// <summary>Starts it with a job that resumes it; the run is in $run.</summary>
    public string StartResuming(string options)
    {
        var instance = _sandbox.Launch();
        _sandbox.Enter(Project);
        return _sandbox.Run($"$run = Start-RunctlTraining $script {instance} -SyncCode -AutoResume -PollInterval 500ms {options}; $run").Single.RunId;
    }

    /// <summary>Waits until an attempt stays at its step.</summary>
    /// <returns>Where it is, as it is here.</returns>
    public string WaitUntilItStays(string run, int attempt = 1)
    {
        string[] found = [];
        Until(() => (found = Find(run, attempt)).Length > 0, $"Attempt {attempt} of {run} has not come to its step.");
        return Path.GetDirectoryName(found[0])!;
    }

    /// <summary>An interruption that comes from elsewhere.</summary>
    public Task<SessionResult> InterruptAsync(string run, int window) => Task.Run(() =>
    {
        using var elsewhere = new ModuleSession();
        return elsewhere.Run($"Get-RunctlTraining {run} {_sandbox.Joined} -S3Bucket runctl-sandbox | Invoke-RunctlInterruptionDrill -Window {window}s -PollInterval 500ms");
    });

    /// <summary>Asserts that the newest checkpoint of $run is what an undisturbed run would have come to.</summary>
    public void AssertResult(int steps)
    {
        var file = (FileInfo)_sandbox.Run("$run | Get-RunctlCheckpoint -Latest | Save-RunctlCheckpoint -Force").Single;
        Assert.Equal([steps, ValueAfter(steps)], JsonSerializer.Deserialize<long[]>(File.ReadAllText(file.FullName))!);
    }

    public void Dispose() => Project.Dispose();

    // An instance that is taken goes in the middle of the search.
    private string[] Find(string run, int attempt) =>
    [
        .. Directory.EnumerateDirectories(_sandbox.Directory, "i-*").Select(instance => Path.Combine(instance, "home", "ubuntu", "held", $"stays-{run}-{attempt}")).Where(File.Exists),
    ];
}
