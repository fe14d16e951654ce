namespace Runctl.Sandbox.Instances;

/// <summary>
/// Where namespaces are not allowed: processes are known by the root directory in their environment, which is unique, and by
/// descending from such a process. Killing and freezing are repeated until a look at all processes finds none.
/// </summary>
internal sealed class MarkedProcesses(HostTools tools, IReadOnlyDictionary<string, string> environment, TimeProvider time)
    : IProcessSpace
{
    private const string Enter = """cd "$0" && exec "$@" </dev/null""";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>A process that is becoming another program shows no environment, on a busy machine for a while, and may have lost its parent.</summary>
    private const int Looks = 20;

    private readonly string _mark = $"RUNCTL_ROOT={environment["RUNCTL_ROOT"]}";
    private readonly Freezer _freezer = new(time);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public Task Ended => _ended.Task;

    /// <inheritdoc/>
    public bool IsFrozen => _freezer.IsFrozen;

    /// <inheritdoc/>
    public Task<ChildProcess> StartAsync(string workingDirectory, params string[] command) => _freezer.StartAsync(
        () => ChildProcess.Start(tools, [tools.Shell, "-c", Enter, workingDirectory, .. command], environment), Ended);

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
    public Task FreezeAsync() => _freezer.FreezeAsync(Looks, FindOurs);

    /// <inheritdoc/>
    public void Thaw() => _freezer.Thaw();

    /// <inheritdoc/>
    public async Task KillAllAsync()
    {
        while (FindOurs() is { Count: > 0 } ours)
        {
            foreach (var entry in ours)
            {
                // Asked again right before: the id may have passed to a stranger since.
                if (entry.IsStillThere)
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

        // Children that cleared their environment still have a parent that is ours.
        return [.. ProcessEntry.Family(alive, alive.Where(entry => entry.HasEnvironment(_mark)))];
    }
}
