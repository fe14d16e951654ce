using System.Management.Automation;
using Runctl.Configuration;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Targets;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>A cmdlet that works on runs. What it is to work on stands in the first place: an id of a run or an instance, a wildcard, or an object that has an id.</summary>
/// <remarks>
/// A derived cmdlet has <c>DefaultParameterSetName = RunSet</c> and calls <c>ForEachTrainingAsync</c> or <c>ForEachPlacedTrainingAsync</c> from ProcessAsync.
/// It overrides <see cref="ResolveAsync"/> only if it means other runs than <see cref="RunResolver"/> finds (an older attempt), and <see cref="RunctlCmdlet.AddSettings"/>
/// for settings of its own. <see cref="Targets"/> is what was given; where an object was found (region, endpoint, profile, bucket, prefixes) is in the scope already.
/// </remarks>
public abstract class TrainingTargetCmdlet : BackgroundCmdlet
{
    /// <summary>Name of the default parameter set: what to work on is in the first place.</summary>
    protected const string RunSet = "Run";

    /// <summary>Name of the parameter set that names instances.</summary>
    protected const string InstanceSet = "Instance";

    /// <summary>Ids of runs, or of the instances they are on; wildcards; or objects that have an id. Such objects are trainings, instances, checkpoints and events, also from JSON or CSV, and instances and reservations of AWS.Tools.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = RunSet)]
    [Alias("Training")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunCompleter))]
    [Identity]
    public RunctlTarget[] RunId { get; set; } = [];

    /// <summary>Ids of the instances whose trainings are meant: those that train there now, or else the newest one that was there.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = InstanceSet)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    [Identity]
    public RunctlTarget[] InstanceId { get; set; } = [];

    /// <summary>Bucket of the run's checkpoints and records. Default: the training's own, then <c>s3_bucket</c> in .runctl.toml.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BucketCompleter))]
    public string? S3Bucket { get; set; }

    /// <summary>What was given to work on.</summary>
    private protected IReadOnlyList<RunctlTarget> Targets => ParameterSetName == InstanceSet ? InstanceId : RunId;

    /// <inheritdoc/>
    private protected override void AddSettings(IDictionary<string, object?> settings)
    {
        base.AddSettings(settings);
        settings[nameof(RunctlConfiguration.S3Bucket)] = NullIfEmpty(S3Bucket);
    }

    /// <summary>The runs that are meant, for all targets of one place together: the newest attempt of each.</summary>
    private protected virtual Task<IReadOnlyList<Resolved<RunctlTraining>>> ResolveAsync(CommandScope scope, IReadOnlyList<RunctlTarget> targets) =>
        new RunResolver(scope).ResolveAsync(targets, StopToken);

    /// <summary>Calls for each run that is meant, with its scope; the failure of one does not end the command.</summary>
    private protected Task ForEachTrainingAsync(Func<CommandScope, RunctlTraining, Task> body) => ForEachTrainingAsync(Targets, body);

    /// <summary>The same for targets of which the command has handled some in another way.</summary>
    private protected Task ForEachTrainingAsync(IEnumerable<RunctlTarget> targets, Func<CommandScope, RunctlTraining, Task> body) => ForEachRunAsync(targets, ResolveAsync, body);

    /// <summary>The same, for what is asked of the run's instance.</summary>
    private protected Task ForEachPlacedTrainingAsync(Func<CommandScope, RunctlTraining, Task> body) => ForEachPlacedTrainingAsync(Targets, body);

    /// <summary>The same for targets of which the command has handled some in another way.</summary>
    private protected Task ForEachPlacedTrainingAsync(IEnumerable<RunctlTarget> targets, Func<CommandScope, RunctlTraining, Task> body) => ForEachTrainingAsync(
        targets,
        (scope, training) => training.InstanceId.Length > 0 ? body(scope, training) : throw CommandErrors.RunNotPlaced(training));

    /// <summary>Refuses a run between two attempts: the instance that it was on is not meant any more.</summary>
    private protected static void RequireAttempt(RunctlTraining training)
    {
        if (training is { AttemptHasEnded: true, StateReason: { } reason })
        {
            throw CommandErrors.RunBetweenAttempts(training, reason);
        }
    }
}
