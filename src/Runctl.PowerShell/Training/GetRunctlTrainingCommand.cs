using System.Management.Automation;
using Runctl.Configuration;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.Training;

namespace Runctl.PowerShell.Training;

/// <summary>Shows runs as they stand now: one, those of an instance, or all that are known.</summary>
/// <remarks>A run is known by its guard while its instance lives, and by its record in S3 afterwards.</remarks>
/// <example>
/// <code>Get-RunctlTraining</code>
/// <para>Lists all runs that are known.</para>
/// </example>
/// <example>
/// <code>$run | Get-RunctlTraining | Format-List</code>
/// <para>Shows how a run stands now.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RunctlTraining")]
[OutputType(typeof(RunctlTraining))]
public sealed class GetRunctlTrainingCommand : RunctlCmdlet
{
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
    protected override async Task ProcessAsync()
    {
        if (RunId is not { Length: > 0 } ids)
        {
            await FindAsync(null, NullIfEmpty(InstanceId));
            return;
        }

        foreach (var id in ids)
        {
            await FindAsync(NullIfEmpty(id), null);
        }
    }

    private Task FindAsync(string? runId, string? instanceId) => ForTargetAsync(runId ?? instanceId, async () =>
    {
        var scope = OpenScope();
        var found = false;
        await foreach (var training in new TrainingCatalog(scope.Cloud, scope.Configuration, TimeProvider.System).FindAsync(runId, instanceId, StopToken))
        {
            found = true;
            WriteObject(Session.Remember(training));
        }

        // A list may be empty; a thing that was named is there or it is an error.
        if (!found && (runId ?? instanceId) is not null)
        {
            throw CommandErrors.TrainingNotFound(runId, instanceId);
        }
    });
}
