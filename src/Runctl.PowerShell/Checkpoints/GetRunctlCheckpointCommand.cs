using System.Collections.Concurrent;
using System.Management.Automation;
using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Targets;

namespace Runctl.PowerShell.Checkpoints;

/// <summary>Lists the checkpoints that are whole and checked in S3, newest first.</summary>
/// <remarks>
/// <para>Only what has a manifest is a checkpoint; the manifest is written last, after everything else was verified in S3.</para>
/// <para>Name is what a script resumes from, with the state of its optimizer. If the training wrote another model after it, as final.pt at its end, that is Newest, and the table shows it first.</para>
/// </remarks>
/// <example>
/// <code>Get-RunctlCheckpoint $run -Latest</code>
/// <para>Finds the newest checkpoint of a run.</para>
/// </example>
/// <example>
/// <code>Get-RunctlCheckpoint -InstanceId i-0123456789abcdef0 -Latest</code>
/// <para>Finds the newest checkpoint an instance saved; the instance may be gone.</para>
/// </example>
/// <example>
/// <code>Get-RunctlCheckpoint $run -Attempt 1 -Latest</code>
/// <para>Finds the newest checkpoint that the first attempt saved.</para>
/// </example>
/// <example>
/// <code>Get-RunctlCheckpoint $run epoch_10.pt | Save-RunctlCheckpoint</code>
/// <para>Downloads a checkpoint by its name.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RunctlCheckpoint", DefaultParameterSetName = RunSet)]
[OutputType(typeof(RunctlCheckpoint))]
public sealed class GetRunctlCheckpointCommand : RunctlCmdlet
{
    private const string RunSet = "Run";
    private const string InstanceSet = "Instance";

    /// <summary>Ids of the runs that saved them, or of instances, whose newest runs are meant. Wildcards and objects that have an id work too, also from JSON, CSV and AWS.Tools. Default: all runs.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = RunSet)]
    [Alias("Training")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunCompleter))]
    [Identity]
    public RunctlTarget[]? RunId { get; set; }

    /// <summary>Names of checkpoints, wildcards allowed, for example epoch_10.pt.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CheckpointNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Ids of the instances that saved them, also of those that are gone.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = InstanceSet)]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    [Identity]
    public RunctlTarget[]? InstanceId { get; set; }

    /// <summary>Only checkpoints that this attempt saved, from 1; of an attempt that saved none there are none. Default: those of all attempts.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Attempt { get; set; }

    /// <summary>Only the newest one: of each run or instance that is named, or of all.</summary>
    [Parameter]
    public SwitchParameter Latest { get; set; }

    /// <summary>Bucket they are in. Default: <c>s3_bucket</c> in .runctl.toml.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BucketCompleter))]
    public string? S3Bucket { get; set; }

    /// <summary>Prefix of checkpoints in the bucket. Default: <c>s3_prefix</c> in .runctl.toml, then checkpoints/spot-interruptions.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? S3Prefix { get; set; }

    /// <inheritdoc/>
    private protected override void AddSettings(IDictionary<string, object?> settings)
    {
        base.AddSettings(settings);
        settings[nameof(RunctlConfiguration.S3Bucket)] = NullIfEmpty(S3Bucket);
        settings[nameof(RunctlConfiguration.S3Prefix)] = NullIfEmpty(S3Prefix);
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => (ParameterSetName == InstanceSet ? InstanceId : RunId) is { } targets
        ? ForEachPlaceAsync(targets, ParameterSetName == InstanceSet ? FindSavedOnAsync : FindOfRunsAsync)
        : ForTargetAsync(null, () => FindAllAsync(OpenScope()));

    private async Task FindAllAsync(CommandScope scope)
    {
        var (found, _) = await ListAsync(scope, null);
        Write(Latest ? found.Take(1) : found);
        TellMissing(found);
    }

    private async Task FindSavedOnAsync(CommandScope scope, IReadOnlyList<RunctlTarget> targets)
    {
        foreach (var target in targets.DistinctBy(target => target.Id))
        {
            await ForTargetAsync(target.Id, async () =>
            {
                var (found, _) = await ListAsync(scope, target.InstanceId ?? throw CommandErrors.InstanceExpected(target));
                Write(Latest ? found.Take(1) : found);
                TellMissing(found);
            });
        }
    }

    private async Task FindOfRunsAsync(CommandScope scope, IReadOnlyList<RunctlTarget> targets)
    {
        // Checkpoints outlive records: a run that has some is not looked up, and found by a wildcard or the last six characters of its id as well.
        var (all, saved) = await ListAsync(scope, null);
        var known = all.ToLookup(checkpoint => checkpoint.RunId, StringComparer.Ordinal);
        var open = targets.Where(target => target.RunId is not { } id || !saved.Contains(id)).ToHashSet();
        var resolved = open.Count == 0 ? [] : await new RunResolver(scope) { ToAct = false }.ResolveAsync([.. open], StopToken);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var target in targets)
        {
            var matching = target.IsPattern || target.TailPattern is not null ? saved.Where(Wildcards.OfWords(target.TailPattern ?? target.Id).IsMatch) : [];
            string[] runs = open.Contains(target) ? [.. resolved.Where(run => run.Target == target).Select(run => run.Value?.RunId).OfType<string>().Union(matching)] : [target.RunId!];
            if (target.TailPattern is not null && runs.Length > 1)
            {
                WriteError(CommandErrors.RunAmbiguous(target.Id, runs), target.Id);
                continue;
            }

            foreach (var run in runs.Where(seen.Add))
            {
                Write(Latest ? known[run].Take(1) : known[run]);
            }

            foreach (var failed in resolved.Where(run => run.Target == target && run.Error is not null && (runs.Length == 0 || target.IsPattern)))
            {
                WriteError(failed.Error!, target.Id);
            }
        }

        TellMissing(all.Where(checkpoint => seen.Contains(checkpoint.RunId)));
    }

    /// <summary>The checkpoints that are asked for, newest first, and the runs that have any at all.</summary>
    private async Task<(IReadOnlyList<RunctlCheckpoint> Checkpoints, IReadOnlySet<string> Runs)> ListAsync(CommandScope scope, string? instanceId)
    {
        var refused = new ConcurrentQueue<RunctlException>();
        var found = new List<RunctlCheckpoint>();
        var runs = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var checkpoint in new CheckpointCatalog(scope.Cloud, scope.Configuration).FindAsync(null, instanceId, null, StopToken, refused.Enqueue))
        {
            runs.Add(checkpoint.RunId);
            if ((Attempt is null || checkpoint.Attempt == Attempt) && (Name is null || Name.Any(name => IsNamed(checkpoint, name))))
            {
                found.Add(checkpoint);
            }
        }

        foreach (var error in refused)
        {
            WriteError(error);
        }

        return (found, runs);
    }

    private static bool IsNamed(RunctlCheckpoint checkpoint, string name) => IsNamed(checkpoint.Name, name) || (checkpoint.Newest is { } newest && IsNamed(newest, name));

    private static bool IsNamed(string path, string name) => WildcardPattern.ContainsWildcardCharacters(name)
        ? Wildcards.OfFiles(name).IsMatch(path)
        : path == name || path.EndsWith("/" + name, StringComparison.Ordinal);

    private void Write(IEnumerable<RunctlCheckpoint> checkpoints)
    {
        foreach (var checkpoint in checkpoints)
        {
            Session.Known.Add(checkpoint);
            WriteObject(checkpoint);
        }
    }

    private void TellMissing(IEnumerable<RunctlCheckpoint> found)
    {
        foreach (var name in Name?.Where(name => !WildcardPattern.ContainsWildcardCharacters(name) && !found.Any(checkpoint => IsNamed(checkpoint, name))) ?? [])
        {
            WriteError(CommandErrors.CheckpointNotFound($"named {name}", name), name);
        }
    }
}
