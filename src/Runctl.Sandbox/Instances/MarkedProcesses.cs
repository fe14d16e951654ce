namespace Runctl.Sandbox.Instances;

/// <summary>
/// Where namespaces are not allowed: processes are known by the root directory in their environment, which is unique, and by
/// descending from such a process. Killing is repeated until a look at all processes finds none.
/// </summary>
internal sealed class MarkedProcesses(HostTools tools, IReadOnlyDictionary<string, string> environment, TimeProvider time)
    : IProcessSpace
{
    private const string Enter = """cd "$0" && exec "$@" </dev/null""";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly string _mark = $"RUNCTL_ROOT={environment["RUNCTL_ROOT"]}";
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public Task Ended => _ended.Task;

    /// <inheritdoc/>
    public ChildProcess Start(string workingDirectory, params string[] command) =>
        ChildProcess.Start(tools, [tools.Shell, "-c", Enter, workingDirectory, .. command], environment);

    /// <inheritdoc/>
    public void KillGroup(ChildProcess process)
    {
        if (!process.Exited.IsCompleted)
        {
            NativeMethods.SendKill(-process.Id);
        }
        else if (ProcessEntry.ReadAll().Any(entry => entry.SessionId == process.Id && entry.HasEnvironment(_mark)))
        {
            NativeMethods.SendKill(-process.Id);
        }
    }

    /// <inheritdoc/>
    public async Task KillAllAsync()
    {
        while (FindOurs() is { Count: > 0 } ours)
        {
            foreach (var entry in ours)
            {
                // Asked again right before: the id may have passed to a stranger since.
                if (ProcessEntry.TryRead(entry.Id) is { } now && now.StartTime == entry.StartTime)
                {
                    NativeMethods.SendKill(entry.Id);
                }
            }

            await Task.Delay(Pause, time).ConfigureAwait(false);
        }

        _ended.TrySetResult();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await KillAllAsync().ConfigureAwait(false);

    private List<ProcessEntry> FindOurs()
    {
        var alive = ProcessEntry.ReadAll().Where(entry => !entry.IsZombie && entry.Id != Environment.ProcessId).ToList();
        var ours = alive.Where(entry => entry.HasEnvironment(_mark)).ToHashSet();

        // Children that cleared their environment still have a parent that is ours.
        int before;
        do
        {
            before = ours.Count;
            var ids = ours.Select(entry => entry.Id).ToHashSet();
            ours.UnionWith(alive.Where(entry => ids.Contains(entry.ParentId) || ids.Contains(entry.SessionId)));
        }
        while (ours.Count > before);

        return [.. ours];
    }
}
