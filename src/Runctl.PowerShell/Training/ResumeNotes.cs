using System.Collections.Concurrent;
using Runctl.Resuming;

namespace Runctl.PowerShell.Training;

/// <summary>Keeps what a resume warns of for the engine's thread; each thing is said once.</summary>
/// <param name="afterStop">Warns where the pipeline takes nothing any more.</param>
/// <param name="said">What was said already.</param>
internal sealed class ResumeNotes(Action<string> afterStop, HashSet<string> said) : IResumeListener
{
    private readonly ConcurrentQueue<string> _warnings = new();

    /// <inheritdoc/>
    public void OnWarning(string message) => _warnings.Enqueue(message);

    /// <summary>What is to be said.</summary>
    public IReadOnlyList<string> Take() => [.. _warnings.Where(said.Add)];

    /// <summary>Says the rest although the command has failed or was stopped.</summary>
    public void Flush()
    {
        foreach (var warning in Take())
        {
            afterStop(warning);
        }
    }
}
