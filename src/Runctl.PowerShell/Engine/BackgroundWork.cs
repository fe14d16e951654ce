using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Runctl.Pacing;

namespace Runctl.PowerShell.Engine;

/// <summary>Work that outlives its command: the clean-up of a stopped one, mostly. The process waits for it before it ends, a little, or as long as undoing may take where leaving it would cost money.</summary>
internal static class BackgroundWork
{
    /// <summary>What is shorter does not need a word.</summary>
    private static readonly TimeSpan Unnoticed = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Undoing gives up by itself before this.</summary>
    private static readonly TimeSpan CostlyPatience = Cleanup.Limit + TimeSpan.FromSeconds(5);

    private static readonly ConcurrentDictionary<Task, (TimeSpan Patience, bool IsEndOfSession)> Running = new();
    private static readonly ConcurrentDictionary<Held, Func<Task>> Undoing = new();
    private static volatile bool _isTerminating;
    private static int _isSaid;

    /// <summary>Since .NET 10 a signal ends a process at once, without ProcessExit. One that is ignored (nohup) stays so.</summary>
    private static readonly Lazy<PosixSignalRegistration[]> Signals = new(() =>
        [PosixSignalRegistration.Create(PosixSignal.SIGTERM, Terminate), PosixSignalRegistration.Create(PosixSignal.SIGHUP, Terminate)]);

    static BackgroundWork() => AppDomain.CurrentDomain.ProcessExit += (_, _) => WaitBeforeExit(SettleAsync());

    /// <summary>Writes a line where the user looks while the process ends; null until something is started whose end can take long.</summary>
    public static Action<string>? Screen { get; set; }

    /// <summary>Whether a signal ends the process as soon as what is costly is undone: no command that was stopped for it is left behind.</summary>
    public static bool IsTerminating => _isTerminating;

    /// <summary>Waits for what there is now, for each as long as is right for it.</summary>
    public static Task SettleAsync() => SettleAsync(_ => true);

    /// <summary>The same for what commands left, without sessions that end: two of them would wait for each other.</summary>
    public static Task SettleCommandsAsync() => SettleAsync(isEndOfSession => !isEndOfSession);

    /// <summary>Keeps a task until it ends. How it ends is of no interest any more: nobody is left to tell.</summary>
    /// <param name="task">The work.</param>
    /// <param name="isCostly">Whether it may be removing what costs money.</param>
    /// <param name="isEndOfSession">Whether it is the end of a session.</param>
    public static void Track(Task task, bool isCostly = false, bool isEndOfSession = false)
    {
        Running[task] = (isCostly ? CostlyPatience : Patience, isEndOfSession);
        _ = task.ContinueWith(
            static ended =>
            {
                _ = ended.Exception;
                Running.TryRemove(ended, out _);
            },
            TaskScheduler.Default);
    }

    /// <summary>Has what would cost money undone before SIGTERM, or SIGHUP of a closed terminal, ends the process.</summary>
    /// <param name="undo">Stops what is under way and ends when that is undone. Called on any thread.</param>
    /// <returns>To be disposed when there is nothing to undo any more.</returns>
    public static IDisposable Hold(Func<Task> undo)
    {
        _ = Signals.Value;
        var held = new Held();
        Undoing[held] = undo;
        return held;
    }

    private static Task<Task[]> SettleAsync(Func<bool, bool> which) =>
        Task.WhenAll(Running.Where(work => which(work.Value.IsEndOfSession)).Select(work => Task.WhenAny(work.Key, Task.Delay(work.Value.Patience))));

    /// <summary>Waits at the end of the process, and says so if it takes long.</summary>
    public static void WaitBeforeExit(Task work)
    {
        if (!work.Wait(Unnoticed) && Interlocked.Exchange(ref _isSaid, 1) == 0)
        {
            Screen?.Invoke("Runctl ends what this session has started: it stops its sandboxes with their instances, and undoes what was under way. This can take a few seconds.");
        }

        work.Wait();
    }

    // The signal does what it always does as soon as this returns.
    private static void Terminate(PosixSignalContext signal)
    {
        _isTerminating = true;
        foreach (var undo in Undoing.Values)
        {
            Track(Task.Run(undo), isCostly: true);
        }

        SettleAsync().Wait();
    }

    private sealed class Held : IDisposable
    {
        public void Dispose() => Undoing.TryRemove(this, out _);
    }
}
