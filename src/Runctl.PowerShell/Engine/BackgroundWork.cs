using System.Collections.Concurrent;
using Runctl.Resuming;

namespace Runctl.PowerShell.Engine;

/// <summary>Work that outlives its command: the clean-up of a stopped one, mostly. The process waits for it before it ends, a little, or as long as undoing may take where leaving it would cost money.</summary>
internal static class BackgroundWork
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Undoing gives up by itself before this.</summary>
    private static readonly TimeSpan CostlyPatience = Resumption.CleanupTime + TimeSpan.FromSeconds(5);

    private static readonly ConcurrentDictionary<Task, TimeSpan> Running = new();

    static BackgroundWork() => AppDomain.CurrentDomain.ProcessExit += (_, _) => SettleAsync().Wait();

    /// <summary>Waits for what there is now, for each as long as is right for it.</summary>
    public static Task SettleAsync() => Task.WhenAll(Running.Select(work => Task.WhenAny(work.Key, Task.Delay(work.Value))));

    /// <summary>Keeps a task until it ends. How it ends is of no interest any more: nobody is left to tell.</summary>
    /// <param name="task">The work.</param>
    /// <param name="isCostly">Whether it may be removing what costs money.</param>
    public static void Track(Task task, bool isCostly = false)
    {
        Running[task] = isCostly ? CostlyPatience : Patience;
        _ = task.ContinueWith(
            static ended =>
            {
                _ = ended.Exception;
                Running.TryRemove(ended, out _);
            },
            TaskScheduler.Default);
    }
}
