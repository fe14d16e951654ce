using System.Management.Automation;
using Runctl.Configuration;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>A cmdlet that works on runs: given as objects, by run id, or by instance.</summary>
public abstract class TrainingTargetCmdlet : RunctlCmdlet
{
    /// <summary>Name of the parameter set that takes objects.</summary>
    protected const string TrainingSet = "Training";

    /// <summary>Name of the parameter set that takes ids.</summary>
    protected const string IdSet = "Id";

    /// <summary>The training, as Start-RunctlTraining and Get-RunctlTraining return it.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = TrainingSet)]
    [ValidateNotNull]
    public RunctlTraining? Training { get; set; }

    /// <summary>Id of the run.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = IdSet)]
    [ArgumentCompleter(typeof(RunCompleter))]
    [Identity(nameof(RunId))]
    public string? RunId { get; set; }

    /// <summary>Id of the instance whose training is meant.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = IdSet)]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    [Identity(nameof(InstanceId))]
    public string? InstanceId { get; set; }

    /// <summary>Bucket of the run's checkpoints and records. Default: the training's own, then <c>s3_bucket</c> in .runctl.toml.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? S3Bucket { get; set; }

    /// <inheritdoc/>
    private protected override void AddSettings(IDictionary<string, object?> settings)
    {
        base.AddSettings(settings);
        settings[nameof(RunctlConfiguration.S3Bucket)] = NullIfEmpty(S3Bucket) ?? Training?.S3Bucket;
        settings[nameof(RunctlConfiguration.S3Prefix)] = Training?.S3Prefix;
        settings[nameof(RunctlConfiguration.RunPrefix)] = Training?.RunPrefix;
    }

    /// <summary>Calls for each run that is meant, with its scope; the failure of one does not end the command.</summary>
    private protected Task ForEachTrainingAsync(Func<CommandScope, RunctlTraining, Task> body) => ForTargetAsync(Training?.RunId ?? RunId ?? InstanceId, async () =>
    {
        if (Training is { } given)
        {
            UseConnectionOf(given.Region, given.EndpointUrl, given.ProfileName);
            await body(OpenScope(), Session.Remember(given));
            return;
        }

        // Both are ids that people copy; that an instance's begins with i- tells them apart.
        var (runId, instanceId) = NullIfEmpty(RunId) is { } id && id.StartsWith("i-", StringComparison.Ordinal) ? (null, id) : (NullIfEmpty(RunId), NullIfEmpty(InstanceId));
        if (runId is null && instanceId is null)
        {
            throw CommandErrors.TrainingNotNamed();
        }

        var scope = OpenScope();
        var found = false;
        await foreach (var training in new TrainingCatalog(scope.Cloud, scope.Configuration, TimeProvider.System).FindAsync(runId, instanceId, StopToken))
        {
            found = true;
            await ForTargetAsync(training.RunId, () => body(scope, Session.Remember(training)));
        }

        if (!found)
        {
            throw CommandErrors.TrainingNotFound(runId, instanceId);
        }
    });

    /// <summary>The same, for what is asked of the run's instance.</summary>
    private protected Task ForEachPlacedTrainingAsync(Func<CommandScope, RunctlTraining, Task> body) =>
        ForEachTrainingAsync((scope, training) => training.InstanceId.Length > 0 ? body(scope, training) : throw CommandErrors.RunNotPlaced(training.RunId, training.Attempt, training.State == RunStates.Claimed));
}
