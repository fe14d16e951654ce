namespace Runctl.Sandbox.Instances;

/// <summary>
/// Stops processes where they are and lets them go on later, as RAM that is saved and restored does. Who had been stopped before
/// stays so.
/// </summary>
internal sealed class Freezer(TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly object _gate = new();
    private readonly List<ProcessEntry> _stopped = [];
    private TaskCompletionSource? _thawed;

    /// <summary>Whether processes are frozen, or about to be.</summary>
    public bool IsFrozen => Volatile.Read(ref _thawed) is not null;

    /// <summary>Starts a process: at once, or after the thaw, so that none begins while the others stand still.</summary>
    /// <exception cref="InvalidOperationException">There was no thaw.</exception>
    public async Task<ChildProcess> StartAsync(Func<ChildProcess> start, Task ended)
    {
        while (true)
        {
            Task thawed;
            lock (_gate)
            {
                if (_thawed is null)
                {
                    return start();
                }

                thawed = _thawed.Task;
            }

            if (await Task.WhenAny(thawed, ended).ConfigureAwait(false) == ended)
            {
                throw new InvalidOperationException("The instance ended while it hibernated.");
            }
        }
    }

    /// <summary>Stops them, one group after the other. From the call on nothing is started.</summary>
    /// <param name="looks">How many looks one after the other must find nobody running, 2 or more: while /proc is read, a process not stopped yet may fork where the reading has been.</param>
    /// <param name="groups">Each finds the processes of one group as they are now.</param>
    public async Task FreezeAsync(int looks, params Func<IEnumerable<ProcessEntry>>[] groups)
    {
        lock (_gate)
        {
            _thawed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        foreach (var find in groups)
        {
            for (var still = 0; still < looks;)
            {
                still = Stop(find()) ? 0 : still + 1;
                await Task.Delay(Pause, time).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Lets them go on, the last one first: a parent that waits must not find its child stopped.</summary>
    public void Thaw()
    {
        foreach (var entry in Enumerable.Reverse(_stopped).Where(entry => entry.IsStillThere))
        {
            NativeMethods.Continue(entry.Id);
        }

        _stopped.Clear();
        lock (_gate)
        {
            _thawed?.TrySetResult();
            _thawed = null;
        }
    }

    /// <summary>Stops who runs, parents first.</summary>
    /// <returns>Whether somebody ran.</returns>
    private bool Stop(IEnumerable<ProcessEntry> found)
    {
        var any = false;
        foreach (var entry in found.Where(entry => !entry.IsZombie).OrderBy(entry => entry.StartTime).ThenBy(entry => entry.Id))
        {
            var known = _stopped.Exists(one => one.Id == entry.Id && one.StartTime == entry.StartTime);
            if (entry.IsStopped || (known && entry.IsUninterruptible))
            {
                // Stopped, or to stop before it does anything else: a parent of vfork waits like this for a child that stands still.
                continue;
            }

            any = true;
            if (!known && entry.IsStillThere && NativeMethods.Stop(entry.Id))
            {
                _stopped.Add(entry);
            }
        }

        return any;
    }
}
