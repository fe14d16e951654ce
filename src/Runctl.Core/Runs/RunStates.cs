namespace Runctl.Runs;

/// <summary>The states of a run's attempts, as records, guards and users have them.</summary>
internal static class RunStates
{
    /// <summary>A session means to start it; nothing runs yet.</summary>
    public const string Claimed = "claimed";

    /// <summary>The guard prepares it.</summary>
    public const string Preparing = "preparing";

    /// <summary>It trains.</summary>
    public const string Running = "running";

    /// <summary>It saves because of an interruption.</summary>
    public const string Interrupting = "interrupting";

    /// <summary>It saves because the user stops it.</summary>
    public const string Stopping = "stopping";

    /// <summary>The script has ended with exit code 0.</summary>
    public const string Finished = "finished";

    /// <summary>The script has ended with another exit code, or could not begin.</summary>
    public const string Failed = "failed";

    /// <summary>An interruption has ended it.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>The user has stopped it.</summary>
    public const string Stopped = "stopped";

    /// <summary>Its instance is gone, and nothing says how it ended.</summary>
    public const string Lost = "lost";

    /// <summary>Whether an attempt in this state is over: nothing of it will run any more.</summary>
    public static bool IsEnded(string state) => state is Finished or Failed or Interrupted or Stopped or Lost;

    /// <summary>Whether the guard has written down the end: everything that is ended except what was lost.</summary>
    public static bool IsToldEnd(string state) => state is not Lost && IsEnded(state);

    /// <summary>Whether an attempt in this state ended before its script did, so that the run may be resumed.</summary>
    public static bool IsCutOff(string state) => state is Interrupted or Lost;

    /// <summary>Whether the run itself is over with an attempt in this state: no session and no guard continues it by itself.</summary>
    public static bool IsFinal(string state) => state is Finished or Failed or Stopped;

    /// <summary>Whether the script itself has ended, so that its exit code says something.</summary>
    public static bool IsScriptEnd(string state) => state is Finished or Failed;

    /// <summary>Whether the guard is ending the training.</summary>
    public static bool IsEnding(string state) => state is Interrupting or Stopping;

    /// <summary>Whether the attempt has a process.</summary>
    public static bool HasProcess(string state) => state is Running or Interrupting or Stopping;
}
