using Runctl.Runs;

namespace Runctl.Training;

/// <summary>A run as one look found it.</summary>
/// <param name="Training">The attempt that the run is on.</param>
/// <param name="Record">Its record; null if it has none, or if its guard said that the run has ended.</param>
/// <param name="Outlook">Whether the run continues.</param>
internal sealed record RunLook(RunctlTraining Training, RunRecord? Record, RunOutlook Outlook)
{
    /// <summary>That nothing continues a run that was cut off, and the command that does; null if it continues or has ended.</summary>
    public string? Warning => Outlook.Continues || !RunStates.IsCutOff(Training.State) ? null
        : $"Run {Training.RunId} is {Training.State}, and nothing continues it: {Outlook.Reason}. Resume it with Resume-RunctlTraining {Training.RunId}.";
}
