using Runctl.Ports;

namespace Runctl.Telling;

/// <summary>The log of the command whose work this is. It follows the awaits of the work, so commands that run side by side do not mix.</summary>
internal static class CommandLog
{
    private static readonly AsyncLocal<ICommandLog?> Log = new();

    /// <summary>The log of the current work, or null if no command listens.</summary>
    public static ICommandLog? Current => Log.Value;

    /// <summary>Makes a log that of the current work, and of all that the work begins, until the result is disposed of.</summary>
    public static IDisposable Use(ICommandLog? log)
    {
        var before = new Restore(Log.Value);
        Log.Value = log;
        return before;
    }

    /// <summary>Tells a decision and its reason.</summary>
    public static void Decided(string message) => Log.Value?.Decided(message);

    private sealed class Restore(ICommandLog? before) : IDisposable
    {
        public void Dispose() => Log.Value = before;
    }
}
