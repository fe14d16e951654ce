using System.Collections.Concurrent;
using System.Management.Automation;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>Shows runs as they stand now: one, those of an instance, or all that are known, newest first.</summary>
/// <remarks>A run is known by its guard while its instance lives, and by its record in S3 afterwards. All runs are listed by an index in S3, a thousand in a call; -Verbose says if records had to be read because the index cannot be written. What comes in by the pipeline is looked up together, when all of it has come.</remarks>
/// <example runs="true">
/// <code>Get-RunctlTraining</code>
/// <para>Lists all runs that are known.</para>
/// </example>
/// <example runs="true">
/// <code>Get-RunctlTraining | Select-Object -First 10</code>
/// <para>Lists the ten newest runs, and looks no further.</para>
/// </example>
/// <example runs="true">
/// <code>$run | Get-RunctlTraining | Format-List</code>
/// <para>Shows how a run stands now.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RunctlTraining")]
[OutputType(typeof(RunctlTraining))]
public sealed class GetRunctlTrainingCommand : RunctlCmdlet
{
    private readonly List<Asked> _asked = [];

    /// <summary>Ids of runs. Default: all that are known.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RunCompleter))]
    [Identity(nameof(RunId))]
    public string[]? RunId { get; set; }

    /// <summary>Id of the instance whose runs are meant.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    [Identity(nameof(InstanceId))]
    public string? InstanceId { get; set; }

    /// <summary>Bucket that holds the records of runs. Default: <c>s3_bucket</c> in .runctl.toml.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? S3Bucket { get; set; }

    /// <inheritdoc/>
    private protected override void AddSettings(IDictionary<string, object?> settings)
    {
        base.AddSettings(settings);
        settings[nameof(RunctlConfiguration.S3Bucket)] = NullIfEmpty(S3Bucket);
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForTargetAsync(RunId?.FirstOrDefault() ?? NullIfEmpty(InstanceId), () =>
    {
        var scope = OpenScope();
        var ids = RunId?.Where(id => !string.IsNullOrEmpty(id)).ToArray() ?? [];
        _asked.Add(new(scope, ids, ids.Length > 0 ? null : NullIfEmpty(InstanceId)));
        return Task.CompletedTask;
    });

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        foreach (var asked in _asked.GroupBy(a => (a.Scope.Cloud, a.Scope.Configuration.S3Bucket, a.Scope.Configuration.S3Prefix, a.Scope.Configuration.RunPrefix)))
        {
            var scope = asked.First().Scope;
            string[] runs = [.. asked.SelectMany(a => a.RunIds).Distinct(StringComparer.Ordinal)];
            string[] instances = [.. asked.Select(a => a.InstanceId).OfType<string>().Distinct(StringComparer.Ordinal)];
            if (runs.Length > 0)
            {
                await ForTargetAsync(runs is [var run] ? run : null, () => FindRunsAsync(scope, runs));
            }

            if (instances.Length > 0)
            {
                await ForTargetAsync(instances is [var instance] ? instance : null, () => FindOnAsync(scope, instances));
            }

            if (asked.Any(a => a is { RunIds: [], InstanceId: null }))
            {
                await ForTargetAsync(null, () => FindAsync(scope, new TrainingQuery(), Write));
            }
        }
    }

    /// <summary>In the order of the ids. A list may be empty; a thing that was named is there or it is an error.</summary>
    private async Task FindRunsAsync(CommandScope scope, string[] ids)
    {
        var found = new Dictionary<string, RunctlTraining>(StringComparer.Ordinal);
        var failed = await FindAsync(scope, new TrainingQuery { RunIds = ids }, training => found[training.RunId] = training);
        foreach (var id in ids)
        {
            if (found.TryGetValue(id, out var training))
            {
                Write(training);
            }
            else if (!failed.Contains(id))
            {
                WriteError(CommandErrors.TrainingNotFound(id, null), id);
            }
        }
    }

    private async Task FindOnAsync(CommandScope scope, string[] ids)
    {
        var missing = ids.ToHashSet(StringComparer.Ordinal);
        await FindAsync(scope, new TrainingQuery { InstanceIds = ids }, training =>
        {
            missing.ExceptWith([training.InstanceId, .. training.InstanceIds]);
            Write(training);
        });
        foreach (var id in ids.Where(missing.Contains))
        {
            WriteError(CommandErrors.TrainingNotFound(null, id), id);
        }
    }

    /// <summary>Takes each run as it is found.</summary>
    /// <returns>The runs that could not be read; the errors are written.</returns>
    private async Task<HashSet<string>> FindAsync(CommandScope scope, TrainingQuery query, Action<RunctlTraining> take)
    {
        var unknown = new ConcurrentQueue<string>();
        var failed = new ConcurrentQueue<(string RunId, RunctlException Error)>();
        var catalog = new TrainingCatalog(scope.Cloud, scope.Configuration, TimeProvider.System) { OnUnknown = unknown.Enqueue, OnFailed = (id, error) => failed.Enqueue((id, error)) };
        await foreach (var training in catalog.FindAsync(query, StopToken))
        {
            take(training);
        }

        foreach (var (id, error) in failed)
        {
            WriteError(error, id);
        }

        foreach (var message in unknown)
        {
            WriteVerbose(message);
        }

        return [.. failed.Select(f => f.RunId)];
    }

    private void Write(RunctlTraining training) => WriteObject(Session.Remember(training));

    private sealed record Asked(CommandScope Scope, string[] RunIds, string? InstanceId);
}
