using System.Management.Automation;
using Runctl.Errors;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Targets;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>What -ResumeFrom was given: a checkpoint, or what means a run, whose newest checkpoint is looked up.</summary>
/// <param name="Checkpoint">The S3 URI or absolute local path to begin from, or null where a run is meant.</param>
/// <param name="Run">What means the run, or null where a checkpoint is named.</param>
internal sealed record ResumePoint(string? Checkpoint, RunctlTarget? Run = null)
{
    private const string S3Scheme = "s3://";

    /// <summary>Reads it. Nothing is looked up.</summary>
    /// <param name="value">What was given.</param>
    /// <param name="resolvePath">Makes a local path absolute.</param>
    /// <param name="isPiped">Whether an object from the pipeline brought it.</param>
    /// <param name="piped">The object from the pipeline itself, if it is known.</param>
    public static ResumePoint Of(object? value, Func<string, string> resolvePath, bool isPiped, RunctlTarget? piped) => (value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value) switch
    {
        string { Length: > 0 } text => OfText(text, resolvePath),
        FileSystemInfo file => new(file.FullName),
        Uri uri => new(uri.OriginalString),
        // Only a training brings a reference to a checkpoint: the one that it had when it was read.
        _ when isPiped && piped is { Kind: TargetKind.Run } => new(null, RequireRun(piped)),
        null or "" => throw CommandErrors.NothingToResumeFrom(isPiped ? "the object from the pipeline has none" : "-ResumeFrom is empty", null),
        { } other => RunctlTarget.Of(value).ToArray() switch
        {
            [{ Kind: TargetKind.Checkpoint, Run: { } run }] when isPiped => new(null, new RunctlTarget(run)),
            [{ Kind: TargetKind.Checkpoint } checkpoint] => new(checkpoint.Id),
            [{ Kind: TargetKind.Run or TargetKind.Instance } run] => new(null, RequireRun(run)),
            _ => throw CommandErrors.ResumeFromInvalid(other),
        },
    };

    /// <summary>The checkpoint to begin from: of a run the newest that is committed now.</summary>
    /// <param name="resolver">Finds checkpoints where the run is.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async Task<string> FindAsync(CheckpointResolver resolver, CancellationToken cancellationToken) => Checkpoint ?? await resolver.ResolveAsync([Run!], cancellationToken).ConfigureAwait(false) switch
    {
        [{ Value: { } newest }] => newest.Manifest,
        [{ Error: { Id: ErrorIds.CheckpointNotFound, Target: string run } }] => throw CommandErrors.RunWithoutCheckpoint(run),
        [{ Error: { } error }] => throw error,
        var found => throw CommandErrors.NotOneRun(Run!.Id, found.Count),
    };

    /// <summary>A file that is there is meant before a run; what has neither the form of a run's id nor that of an instance's is a path.</summary>
    private static ResumePoint OfText(string text, Func<string, string> resolvePath)
    {
        var target = new RunctlTarget(text);
        return text.StartsWith(S3Scheme, StringComparison.OrdinalIgnoreCase) ? new(text)
            : (target.Kind == TargetKind.Instance || target.TailPattern is not null || RunNaming.IsRunId(text)) && !Path.Exists(resolvePath(text)) ? new(null, target)
            : new(resolvePath(text));
    }

    /// <summary>A drill that committed nothing names no checkpoint: an older one of its run is not meant.</summary>
    private static RunctlTarget RequireRun(RunctlTarget run) => run.Source is { } source && new TargetProperties(source).Has("Manifest")
        ? throw CommandErrors.NothingToResumeFrom($"the drill on run {run.Id} committed none", run.Id)
        : run;
}
