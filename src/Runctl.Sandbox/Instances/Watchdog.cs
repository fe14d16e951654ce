namespace Runctl.Sandbox.Instances;

/// <summary>
/// A process of its own that outlives the host by as long as it takes to remove what the host left. It knows of the host's
/// end by the end of its input, however that end came about.
/// </summary>
internal sealed class Watchdog : IAsyncDisposable
{
    /// <summary>
    /// Namespaces die with the host by themselves, once those who entered them have seen it: these wait outside, and are woken where they
    /// were frozen. Processes only marked by their environment are killed here. What dies may still write for a moment, so the directory
    /// has to be gone twice.
    /// </summary>
    private const string Script =
        """
        read -r _
        gone=0 tries=0
        while [ "$gone" -lt 2 ]; do
            signal=KILL
            [ "$2" = namespaces ] && [ "$tries" -lt 50 ] && signal=CONT
            for file in $(grep -lsF -- "RUNCTL_ROOT=$1/" /proc/[0-9]*/environ); do
                id=${file#/proc/}
                kill -s "$signal" "${id%/environ}"
                gone=0
            done
            tries=$((tries + 1))
            [ -e "$1" ] && gone=0
            chmod -R u+rwx "$1"
            rm -rf -- "$1"
            gone=$((gone + 1))
            sleep 0.1
        done 2>/dev/null
        """;

    private readonly ChildProcess _process;

    private Watchdog(ChildProcess process) => _process = process;

    /// <summary>The watchdog's process id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Starts to watch over a directory.</summary>
    public static Watchdog Start(HostTools tools, string directory, bool namespaces)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = tools.SearchPath };
        string[] command = [tools.Shell, "-c", Script, "runctl-sandbox-watchdog", directory, namespaces ? "namespaces" : "marked"];
        return new Watchdog(ChildProcess.Start(tools, command, environment));
    }

    /// <summary>Lets it do its work and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _process.Input.DisposeAsync().ConfigureAwait(false);
        await _process.Exited.ConfigureAwait(false);
        _process.Dispose();
    }
}
