namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>What the training scripts of these tests have in common.</summary>
public static class Python
{
    /// <summary>
    /// Writes files below the checkpoint directory: whole ones, tensors or archives of a size whose damage can be seen. <c>wait()</c> says
    /// that all is ready and goes on for ever.
    /// </summary>
    public const string Beginning = """
        import io, json, os, signal, struct, sys, time, zipfile
        there = os.environ["RUNCTL_CHECKPOINT_DIR"]
        def path(name):
            return os.path.join(there, name)
        def put(name, data):
            os.makedirs(os.path.dirname(path(name)), exist_ok=True)
            with open(path(name), "wb") as f:
                f.write(data)
        def replace(name, data):
            put(name + ".tmp", data)
            os.rename(path(name + ".tmp"), path(name))
        def tensors(size):
            header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
            return struct.pack("<Q", len(header)) + header + b"w" * size
        def archive(size, fill=b"0123456789abcdef"):
            memory = io.BytesIO()
            with zipfile.ZipFile(memory, "w") as z:
                z.writestr("archive/data/0", fill * (size // len(fill)))
            return memory.getvalue()
        def ready(text="ready"):
            print(text, flush=True)
        def wait():
            ready()
            while True:
                time.sleep(0.05)
        def at_signal(act):
            def handler(*_):
                with open("signals", "a") as f:
                    f.write("x")
                act()
                sys.exit(0)
            signal.signal(signal.SIGTERM, handler)

        """;
}
