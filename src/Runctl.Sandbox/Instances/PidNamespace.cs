using System.Globalization;
using System.Text;

namespace Runctl.Sandbox.Instances;

/// <summary>
/// A PID namespace of its own: the kernel kills all that is in it when its first process ends, whatever sessions, signals
/// and daemons have been tried. The first process lives as long as its input is held open, hence no longer than the host.
/// </summary>
internal sealed class PidNamespace : IProcessSpace
{
    /// <summary>
    /// Tells which process /proc believes it to be, then reaps orphans until the input ends or it is told to shut down. The pause is
    /// killed by KILL: where the input has ended already, a TERM could reach the child while it still is the shell, with its trap, and
    /// be lost.
    /// </summary>
    private const string FirstProcess =
        """
        read -r self rest </proc/self/stat
        echo "$$ $self"
        exec 3<&0 </dev/null >/dev/null 2>&1
        trap 'exit 0' TERM
        sleep 2147483647 &
        pause=$!
        { read -r _ <&3; kill -KILL "$pause"; } &
        exec 3<&-
        wait "$pause"
        """;

    /// <summary>Entering a mount namespace loses the working directory, so it is set inside.</summary>
    private const string Enter = """cd "$0" && exec "$@" </dev/null""";

    private readonly HostTools _tools;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly ChildProcess _holder;
    private readonly int _first;

    private PidNamespace(
        HostTools tools, IReadOnlyDictionary<string, string> environment, ChildProcess holder, int first)
    {
        _tools = tools;
        _environment = environment;
        _holder = holder;
        _first = first;
    }

    /// <inheritdoc/>
    public Task Ended => _holder.Exited;

    /// <summary>Makes a namespace, or returns null where this system does not allow it.</summary>
    public static async Task<PidNamespace?> TryCreateAsync(
        HostTools tools, IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        if (tools.Unshare is null || tools.Nsenter is null)
        {
            return null;
        }

        var command = new List<string> { tools.Unshare, "--pid", "--fork", "--kill-child", "--mount-proc" };
        if (!NativeMethods.IsRoot)
        {
            command.Add("--map-current-user");
        }

        var holder = ChildProcess.Start(tools, [.. command, tools.Shell, "-c", FirstProcess], environment);
        try
        {
            using var reader = new StreamReader(holder.Output, Encoding.ASCII, leaveOpen: true);
            var greeting = await reader.ReadLineAsync(ct).ConfigureAwait(false);
            var first = ProcessEntry.ReadAll().FirstOrDefault(entry => entry.ParentId == holder.Id).Id;
            if (greeting == "1 1" && first > 1)
            {
                return new PidNamespace(tools, environment, holder, first);
            }
        }
        catch (OperationCanceledException)
        {
            await CloseAsync(holder).ConfigureAwait(false);
            throw;
        }

        await CloseAsync(holder).ConfigureAwait(false);
        return null;
    }

    /// <inheritdoc/>
    public ChildProcess Start(string workingDirectory, params string[] command)
    {
        var target = _first.ToString(CultureInfo.InvariantCulture);
        var enter = new List<string> { _tools.Nsenter!, "--target", target, "--mount", "--pid" };
        if (!NativeMethods.IsRoot)
        {
            enter.AddRange(["--user", "--preserve-credentials"]);
        }

        enter.AddRange(["--", _tools.Setsid, _tools.Shell, "-c", Enter, workingDirectory]);
        return ChildProcess.Start(_tools, [.. enter, .. command], _environment);
    }

    /// <inheritdoc/>
    public void KillGroup(ChildProcess process)
    {
        // nsenter waits outside; its only child leads the group inside.
        foreach (var child in ProcessEntry.ReadAll().Where(entry => entry.ParentId == process.Id))
        {
            if (child.SessionId != child.Id || !NativeMethods.SendKill(-child.Id))
            {
                NativeMethods.SendKill(child.Id);
            }
        }
    }

    /// <inheritdoc/>
    public async Task KillAllAsync()
    {
        if (!_holder.Exited.IsCompleted)
        {
            NativeMethods.SendKill(_first);
        }

        // The holder sees the first process end only after the kernel has reaped everything inside.
        await CloseAsync(_holder).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAllAsync().ConfigureAwait(false);
        _holder.Dispose();
    }

    private static async Task CloseAsync(ChildProcess holder)
    {
        await holder.Input.DisposeAsync().ConfigureAwait(false);
        await holder.Exited.ConfigureAwait(false);
    }
}
