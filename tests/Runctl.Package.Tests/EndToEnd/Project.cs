namespace Runctl.Package.Tests.EndToEnd;

/// <summary>A project in a temporary directory.</summary>
internal sealed class Project : IDisposable
{
    /// <summary>Tells steps until it is asked to stop, and saves then; with --once it saves at once and ends.</summary>
    private const string Trainer =
        """
        import json, os, signal, sys, time
        directory = os.environ["RUNCTL_CHECKPOINT_DIR"]
        os.makedirs(directory, exist_ok=True)
        step = 0
        if "--resume" in sys.argv:
            with open(sys.argv[sys.argv.index("--resume") + 1]) as file:
                step = json.load(file)["step"]
            print("resumed at", step, flush=True)
        def save():
            path = os.path.join(directory, "epoch_%d.json" % step)
            with open(path + ".tmp", "w") as file:
                json.dump({"step": step}, file)
            os.replace(path + ".tmp", path)
            print("saved", step, flush=True)
        stopping = False
        def stop(*_):
            global stopping
            stopping = True
        signal.signal(signal.SIGTERM, stop)
        progress = open(os.environ["RUNCTL_PROGRESS_FILE"], "a", buffering=1)
        while not stopping and "--once" not in sys.argv:
            step += 1
            progress.write("step %d\n" % step)
            time.sleep(0.05)
        save()
        """;

    public Project()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("runctl-project-").FullName;
        Write("train.py", Trainer);
    }

    /// <summary>Where it is.</summary>
    public string Directory { get; }

    /// <summary>Path of a file in it.</summary>
    public string this[string path] => Path.Combine(Directory, path);

    /// <summary>Writes a file.</summary>
    public void Write(string path, string text)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(this[path])!);
        File.WriteAllText(this[path], text);
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
