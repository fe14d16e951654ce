using System.Globalization;
using System.Text;

namespace Runctl.Sandbox.Instances;

/// <summary>
/// A PID namespace of its own: the kernel kills all that is in it when its first process ends, whatever sessions, signals
/// and daemons have been tried. The first process lives as long as its input is held open, hence no longer than the host; so it and
/// its two helpers are left out when the others are frozen.
/// </summary>
internal sealed class PidNamespace : IProcessSpace
{
    /// <summary>
    /// Starts its helpers and tells which process /proc believes it to be, then reaps orphans until the input ends or it is told to shut
    /// down. The pause is killed by KILL: where the input has ended already, a TERM could reach the child while it still is the shell,
    /// with its trap, and be lost.
    /// </summary>
    private const string FirstProcess =
        """
        read -r self rest </proc/self/stat
        exec 3<&0 4>&1 </dev/null >/dev/null 2>&1
        trap 'exit 0' TERM
        sleep 2147483647 4>&- &
        pause=$!
        { read -r _ <&3; kill -KILL "$pause"; } 4>&- &
        exec 3<&-
        echo "$$ $self" >&4
        exec 4>&-
        wait "$pause"
        """;

    /// <summary>Entering a mount namespace loses the working directory, so it is set inside.</summary>
    private const string Enter = """cd "$0" && exec "$@" </dev/null""";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly HostTools _tools;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly TimeProvider _time;
    private readonly ChildProcess _holder;
    private readonly int _first;
    private readonly HashSet<int> _helpers;
    private readonly string? _namespace;
    private readonly Freezer _freezer;

    // Who entered, as seen from outside: each waits there for its child inside.
    private readonly List<ProcessEntry> _entered = [];

    private PidNamespace(
        HostTools tools, IReadOnlyDictionary<string, string> environment, TimeProvider time, ChildProcess holder, ProcessEntry first)
    {
        _tools = tools;
        _environment = environment;
        _time = time;
        _holder = holder;
        _first = first.Id;
        _helpers = [.. ProcessEntry.ReadAll().Where(entry => entry.ParentId == _first).Select(entry => entry.Id)];
        _namespace = first.Namespace;
        _freezer = new Freezer(time);
    }

    /// <inheritdoc/>
    public Task Ended => _holder.Exited;

    /// <inheritdoc/>
    public bool IsFrozen => _freezer.IsFrozen;

    /// <summary>Makes a namespace, or returns null where this system does not allow it.</summary>
    public static async Task<PidNamespace?> TryCreateAsync(
        HostTools tools, IReadOnlyDictionary<string, string> environment, TimeProvider time, CancellationToken ct)
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
            var first = ProcessEntry.ReadAll().FirstOrDefault(entry => entry.ParentId == holder.Id);
            if (greeting == "1 1" && first.Id > 1)
            {
                return new PidNamespace(tools, environment, time, holder, first);
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
    public Task<ChildProcess> StartAsync(string workingDirectory, params string[] command)
    {
        var target = _first.ToString(CultureInfo.InvariantCulture);
        var enter = new List<string> { _tools.Nsenter!, "--target", target, "--mount", "--pid" };
        if (!NativeMethods.IsRoot)
        {
            enter.AddRange(["--user", "--preserve-credentials"]);
        }

        enter.AddRange(["--", _tools.Setsid, _tools.Shell, "-c", Enter, workingDirectory]);
        return _freezer.StartAsync(() => Launch([.. enter, .. command]), Ended);
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
    public Task FreezeAsync() =>
        // Those outside before those inside: one that sees its child stopped would stop itself as well, whenever it came to it.
        _freezer.FreezeAsync(2, Entered, FindInside);

    /// <inheritdoc/>
    public void Thaw() => _freezer.Thaw();

    /// <inheritdoc/>
    public async Task KillAllAsync()
    {
        if (!_holder.Exited.IsCompleted)
        {
            NativeMethods.SendKill(_first);
        }

        await _holder.Input.DisposeAsync().ConfigureAwait(false);

        // The holder sees the first process end only after everything inside has been reaped, and who entered is reaped from outside,
        // by a process that may be frozen.
        do
        {
            foreach (var entry in Entered().Where(entry => entry.IsStopped))
            {
                NativeMethods.Continue(entry.Id);
            }
        }
        while (await Task.WhenAny(_holder.Exited, Task.Delay(Pause, _time)).ConfigureAwait(false) != _holder.Exited);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAllAsync().ConfigureAwait(false);
        _holder.Dispose();
    }

    private ChildProcess Launch(IReadOnlyList<string> command)
    {
        var process = ChildProcess.Start(_tools, command, _environment);
        lock (_entered)
        {
            _entered.RemoveAll(entry => !entry.IsStillThere);
            if (ProcessEntry.TryRead(process.Id) is { } entry)
            {
                _entered.Add(entry);
            }
        }

        return process;
    }

    private List<ProcessEntry> Entered()
    {
        lock (_entered)
        {
            return [.. _entered.Select(entry => (Known: entry, Now: ProcessEntry.TryRead(entry.Id)))
                .Where(entry => entry.Now?.StartTime == entry.Known.StartTime).Select(entry => entry.Now!.Value)];
        }
    }

    private HashSet<ProcessEntry> FindInside()
    {
        // By the namespace, and by descent where it cannot be read or is another one made inside. Orphans have the first process.
        var all = ProcessEntry.ReadAll().Where(entry => entry.Id != _first && !_helpers.Contains(entry.Id)).ToList();
        var entered = Entered().Select(entry => entry.Id).ToHashSet();
        return ProcessEntry.Family(all, all.Where(entry =>
            entry.ParentId == _first || entered.Contains(entry.ParentId) || (_namespace is not null && entry.Namespace == _namespace)));
    }

    private static async Task CloseAsync(ChildProcess holder)
    {
        await holder.Input.DisposeAsync().ConfigureAwait(false);
        await holder.Exited.ConfigureAwait(false);
    }
}
