using System.Collections.Concurrent;
using System.Management.Automation;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Targets;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>Shows runs as they stand now: one, those of an instance, or all that are known, newest first.</summary>
/// <remarks>StateReason says why an interrupted or claimed run has not ended, if this session resumes it. A run is known by its guard while its instance lives, and by its record in S3 afterwards. All runs are listed by an index in S3, a thousand in a call; -Verbose says if records had to be read because the index cannot be written. What comes in by the pipeline is looked up together, when all of it has come.</remarks>
/// <example runs="true">
/// <code>Get-RunctlTraining</code>
/// <para>Lists all runs that are known.</para>
/// </example>
/// <example runs="true">
/// <code>Get-RunctlTraining | Select-Object -First 10</code>
/// <para>Lists the ten newest runs, and looks no further.</para>
/// </example>
/// <example>
/// <code>Get-RunctlTraining digits-* -State running, interrupting</code>
/// <para>Lists the runs of a project that train now.</para>
/// </example>
/// <example>
/// <code>Get-RunctlTraining $run -Attempt 1</code>
/// <para>Shows how the first attempt of a run ended, and on which instance it was.</para>
/// </example>
/// <example runs="true">
/// <code>$run | Get-RunctlTraining | Format-List</code>
/// <para>Shows how a run stands now.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RunctlTraining", DefaultParameterSetName = RunSet)]
[OutputType(typeof(RunctlTraining))]
public sealed class GetRunctlTrainingCommand : RunctlCmdlet
{
    private const string RunSet = "Run";
    private const string InstanceSet = "Instance";

    private readonly List<TargetsAt> _asked = [];
    private readonly ConcurrentQueue<string> _unknown = new();
    private CommandScope? _all;

    /// <summary>Ids of runs, or of instances they were on. Wildcards and objects that have an id work too, also from JSON, CSV and AWS.Tools. Default: all that are known.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = RunSet)]
    [Alias("Training")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunCompleter))]
    [Identity]
    public RunctlTarget[]? RunId { get; set; }

    /// <summary>Ids of the instances whose runs are meant: all that had an attempt there.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = InstanceSet)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    [Identity]
    public RunctlTarget[]? InstanceId { get; set; }

    /// <summary>Only runs in these states.</summary>
    [Parameter]
    [ValidateSet(RunStates.Claimed, RunStates.Preparing, "restoring", "setup", RunStates.Running, RunStates.Interrupting, RunStates.Stopping, RunStates.Finished, RunStates.Failed, RunStates.Interrupted, RunStates.Stopped, RunStates.Lost)]
    public string[]? State { get; set; }

    /// <summary>Shows an older attempt of each run, by its number from 1, as its record has it. A run that is named and has no such attempt is an error; other runs without it are left out. Default: the newest.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Attempt { get; set; }

    /// <summary>Bucket that holds the records of runs. Default: <c>s3_bucket</c> in .runctl.toml.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BucketCompleter))]
    public string? S3Bucket { get; set; }

    /// <inheritdoc/>
    private protected override void AddSettings(IDictionary<string, object?> settings)
    {
        base.AddSettings(settings);
        settings[nameof(RunctlConfiguration.S3Bucket)] = NullIfEmpty(S3Bucket);
    }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if ((ParameterSetName == InstanceSet ? InstanceId : RunId) is { } targets)
        {
            await PlaceAsync(targets, _asked);
        }
        else
        {
            _all = OpenScope();
        }
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        await ForEachPlaceAsync(_asked, async (scope, targets) =>
        {
            foreach (var run in await new RunResolver(scope) { ToAct = false, TakesAllOnInstance = true, OnUnknown = _unknown.Enqueue }.ResolveAsync(targets, StopToken))
            {
                await ForTargetAsync(run.Value?.RunId ?? run.Target.Id, () => WriteAsync(scope, run.Value ?? throw run.Error!, run.Target.IsPattern));
            }
        });
        if (_all is { } everywhere)
        {
            await ForTargetAsync(null, () => FindAllAsync(everywhere));
        }

        while (_unknown.TryDequeue(out var message))
        {
            WriteVerbose(message);
        }
    }

    /// <summary>Writes each run as it is found: the rest of the pipeline may have had enough.</summary>
    private async Task FindAllAsync(CommandScope scope)
    {
        var failed = new ConcurrentQueue<(string RunId, RunctlException Error)>();
        var finder = new RunFinder(scope.Cloud, scope.Configuration, TimeProvider.System) { OnUnknown = _unknown.Enqueue, OnFailed = (id, error) => failed.Enqueue((id, error)) };
        await foreach (var training in finder.FindAsync(new TrainingQuery(), StopToken))
        {
            await WriteAsync(scope, training, isOneOfMany: true);
        }

        foreach (var (id, error) in failed)
        {
            WriteError(error, id);
        }
    }

    private async Task WriteAsync(CommandScope scope, RunctlTraining training, bool isOneOfMany)
    {
        var shown = Session.Remember(training);
        if (Attempt is { } number)
        {
            try
            {
                shown = await new RunFinder(scope.Cloud, scope.Configuration, TimeProvider.System).GetAttemptAsync(shown, number, StopToken);
            }
            catch (RunctlException e) when (isOneOfMany && e.Id == ErrorIds.AttemptNotFound)
            {
                return;
            }
        }

        if (State is null || State.Contains(shown.State, StringComparer.OrdinalIgnoreCase))
        {
            WriteObject(shown);
        }
    }
}
