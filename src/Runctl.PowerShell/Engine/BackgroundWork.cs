using System.Collections.Concurrent;

namespace Runctl.PowerShell.Engine;

/// <summary>Work that outlives its command: the clean-up of a stopped one, mostly. The process waits for it a little before it ends.</summary>
internal static class BackgroundWork
{
    private static readonly TimeSpan ExitPatience = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentDictionary<Task, bool> Running = new();

    static BackgroundWork() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Task.WhenAll(Running.Keys).ContinueWith(static _ => { }, TaskScheduler.Default).Wait(ExitPatience);

    /// <summary>Keeps a task until it ends. How it ends is of no interest any more: nobody is left to tell.</summary>
    public static void Track(Task task)
    {
        Running[task] = true;
        _ = task.ContinueWith(
            static ended =>
            {
                _ = ended.Exception;
                Running.TryRemove(ended, out _);
            },
            TaskScheduler.Default);
    }
}
