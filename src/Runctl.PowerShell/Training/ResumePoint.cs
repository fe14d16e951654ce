using System.Management.Automation;
using Runctl.Checkpoints;
using Runctl.Drills;
using Runctl.PowerShell.Engine;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>Reads what -ResumeFrom was given.</summary>
internal static class ResumePoint
{
    private const string S3Scheme = "s3://";

    /// <summary>The S3 URI or absolute local path to begin from.</summary>
    /// <param name="value">What was given.</param>
    /// <param name="resolvePath">Makes a local path absolute.</param>
    /// <param name="isPiped">Whether an object from the pipeline brought it.</param>
    /// <param name="run">The run that the object is about, if it is known.</param>
    public static string Resolve(object? value, Func<string, string> resolvePath, bool isPiped, string? run) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        RunctlCheckpoint checkpoint => checkpoint.Manifest,
        CheckpointReference reference => reference.Manifest,
        RunctlDrillReport report => report.Manifest ?? throw CommandErrors.NothingToResumeFrom($"the drill on run {report.RunId} committed none", report.RunId),
        RunctlTraining training => training.Checkpoint?.Manifest ?? throw CommandErrors.RunWithoutCheckpoint(training.RunId),
        FileSystemInfo file => file.FullName,
        Uri uri => uri.OriginalString,
        string { Length: > 0 } text => text.StartsWith(S3Scheme, StringComparison.OrdinalIgnoreCase) ? text : resolvePath(text),
        null or "" when isPiped => throw (run is null ? CommandErrors.NothingToResumeFrom("the object from the pipeline has none", null) : CommandErrors.RunWithoutCheckpoint(run)),
        null or "" => throw CommandErrors.NothingToResumeFrom("-ResumeFrom is empty", null),
        { } other => throw CommandErrors.ResumeFromInvalid(other),
    };
}
