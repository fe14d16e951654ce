using Runctl.Progress;

namespace Runctl.Training;

/// <summary>One display for all phases of a start: launching, booting, code, restoring, starting.</summary>
internal sealed class StartProgress(string script, IProgress<ProgressUpdate> progress) : IProgress<ProgressUpdate>
{
    private readonly string _activity = $"Starting {script}";

    /// <summary>A step of a phase that has an activity of its own elsewhere.</summary>
    public void Report(ProgressUpdate value) => progress.Report(value with { Activity = _activity, Status = $"{value.Activity}: {value.Status}" });

    /// <summary>A step.</summary>
    public void Report(string status) => progress.Report(new ProgressUpdate(_activity, status));
}
