using System.Collections.Concurrent;
using System.Management.Automation;
using Runctl.Ports;
using Runctl.Progress;

namespace Runctl.PowerShell.Engine;

/// <summary>Writes what a command decides to its verbose stream and what it calls to its debug stream, on the engine's thread; a wait for a service is progress too.</summary>
/// <param name="verbose">Writes a verbose line.</param>
/// <param name="debug">Writes a debug line.</param>
/// <param name="progress">Writes progress.</param>
/// <param name="post">Has the engine's thread do something, as long as the command runs.</param>
internal sealed class CommandOutputLog(Action<string> verbose, Action<string> debug, Action<ProgressRecord> progress, Action<Action> post) : ICommandLog, IDisposable
{
    private readonly ConcurrentQueue<(Action<string> Write, string Line)> _lines = new();
    private readonly ConcurrentDictionary<string, bool> _told = new(StringComparer.Ordinal);
    private readonly ProgressReporter _waiting = new(progress, post);
    private int _waits;

    /// <inheritdoc/>
    public void Decided(string message)
    {
        // Each input of a pipeline would repeat the settings.
        if (_told.TryAdd(message, true))
        {
            Add(verbose, message);
        }
    }

    /// <inheritdoc/>
    public void Called(ServiceCall answered)
    {
        Add(debug, answered.ToString());
        if (!answered.HasFailed && Interlocked.Exchange(ref _waits, 0) > 0)
        {
            _waiting.Report(new ProgressUpdate("", "", IsOver: true));
        }
    }

    /// <inheritdoc/>
    public void Waits(ServiceRetry retry)
    {
        Interlocked.Increment(ref _waits);
        _waiting.Report(new ProgressUpdate($"Waiting for {retry.Service}", retry.ToString()));
        Add(verbose, $"{retry}.");
    }

    /// <summary>Writes what was told since the last time. Called on the engine's thread.</summary>
    public void Flush()
    {
        while (_lines.TryDequeue(out var entry))
        {
            entry.Write(entry.Line);
        }
    }

    /// <summary>Takes the progress of a wait away. Called on the engine's thread.</summary>
    public void CompleteProgress() => _waiting.Complete();

    /// <inheritdoc/>
    public void Dispose() => _waiting.Dispose();

    private void Add(Action<string> write, string line)
    {
        _lines.Enqueue((write, line));
        post(Flush);
    }
}
