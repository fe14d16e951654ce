namespace Runctl.Monitoring;

/// <summary>What goes on in the background, so that it can be waited for.</summary>
internal sealed class PendingTasks
{
    private readonly HashSet<Task> _open = [];

    /// <summary>Keeps a task until it ends. It tells of its failures itself.</summary>
    public Task Track(Task task)
    {
        lock (_open)
        {
            _open.RemoveWhere(t => t.IsCompleted);
            _open.Add(task);
        }

        return task;
    }

    /// <summary>Returns when nothing is under way any more.</summary>
    public async Task WhenIdleAsync()
    {
        while (true)
        {
            Task[] open;
            lock (_open)
            {
                _open.RemoveWhere(t => t.IsCompleted);
                open = [.. _open];
            }

            if (open.Length == 0)
            {
                return;
            }

            await Task.WhenAll(open).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
