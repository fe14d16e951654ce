using System.Management.Automation;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.Journeys;

/// <summary>A session with a sandbox in use and a small project as its location.</summary>
internal sealed class SandboxSession : IDisposable
{
    private const string TrainingScript =
        """
        import json, os, signal, sys, time

        steps = int(sys.argv[sys.argv.index("--steps") + 1])
        stopping = []
        signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
        directory = os.environ["RUNCTL_CHECKPOINT_DIR"]
        os.makedirs(directory, exist_ok=True)

        def save(step):
            path = os.path.join(directory, f"epoch_{step}.json")
            with open(path + ".tmp", "w") as file:
                json.dump({"step": step}, file)
            os.replace(path + ".tmp", path)

        first = 0
        if "--resume" in sys.argv:
            first = json.load(open(sys.argv[sys.argv.index("--resume") + 1]))["step"]
        for step in range(first + 1, steps + 1):
            # There is always time to interrupt the first attempt; the one after it hurries to its end.
            time.sleep(0.002 if first else 0.05)
            print("step", step, flush=True)
            with open(os.environ["RUNCTL_PROGRESS_FILE"], "a") as progress:
                progress.write(f"step {step}\n")
            if step % 50 == 0 or stopping:
                save(step)
            if stopping:
                sys.exit(0)
            # Stands still at its first save, so that a test can read it.
            while step == 50 and "--wait" in sys.argv and not stopping and not os.path.exists("go-on"):
                time.sleep(0.05)
        save(steps)
        sys.exit(int(os.environ.get("EXIT_CODE", "0")))
        """;

    private readonly ModuleSession _session = new();

    public SandboxSession()
    {
        File.WriteAllText(Path.Combine(_session.Directory, ".runctl.toml"), "[training]\nproject_name = \"journey\"\n[spot]\npoll_interval = \"500ms\"\n");
        File.WriteAllText(Path.Combine(_session.Directory, "train.py"), TrainingScript);
        Run("$sandbox = Start-RunctlSandbox -UseAsDefault; $InformationPreference = 'Continue'");
    }

    /// <summary>The project.</summary>
    public string Directory => _session.Directory;

    /// <summary>Runs a script in which nothing may fail.</summary>
    public SessionResult Run(string script)
    {
        var result = _session.Run(script);
        Assert.Empty(result.Errors.Select(error => $"{error.FullyQualifiedErrorId}: {error}"));
        return result;
    }

    /// <summary>Runs a script that may fail.</summary>
    public SessionResult Try(string script) => _session.Run(script);

    /// <summary>What a script shows on the screen.</summary>
    public string Show(string script) => _session.Show(script);

    /// <summary>Asks until something holds.</summary>
    public void WaitUntil(string condition)
    {
        var holds = Eventually.Holds(() => LanguagePrimitives.IsTrue(_session.Run(condition).Output is [.., var last] ? last : null));
        Assert.True(holds, condition);
    }

    public void Dispose()
    {
        _session.Run("Get-Job | Remove-Job -Force; Stop-RunctlSandbox");
        _session.Dispose();
    }
}
