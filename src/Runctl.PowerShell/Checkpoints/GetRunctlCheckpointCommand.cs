using System.Collections.Concurrent;
using System.Management.Automation;
using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Checkpoints;

/// <summary>Lists the checkpoints that are whole and checked in S3, newest first.</summary>
/// <remarks>Only what has a manifest is a checkpoint; the manifest is written last, after everything else was verified in S3.</remarks>
/// <example>
/// <code>Get-RunctlCheckpoint -InstanceId i-0123456789abcdef0 -Latest</code>
/// <para>Finds the newest checkpoint an instance saved; the instance may be gone.</para>
/// </example>
/// <example>
/// <code>$run | Get-RunctlCheckpoint -Name epoch_10.pt | Save-RunctlCheckpoint</code>
/// <para>Downloads a checkpoint by its name.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RunctlCheckpoint")]
[OutputType(typeof(RunctlCheckpoint))]
public sealed class GetRunctlCheckpointCommand : RunctlCmdlet
{
    /// <summary>Names of checkpoints, wildcards allowed, for example epoch_10.pt.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Id of the run that saved them.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RunCompleter))]
    [Identity(nameof(RunId))]
    public string? RunId { get; set; }

    /// <summary>Id of the instance that saved them; it may be gone.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    [Identity(nameof(InstanceId))]
    public string? InstanceId { get; set; }

    /// <summary>Only the newest one.</summary>
    [Parameter]
    public SwitchParameter Latest { get; set; }

    /// <summary>Bucket they are in. Default: <c>s3_bucket</c> in .runctl.toml.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
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
    protected override Task ProcessAsync() => ForTargetAsync(RunId ?? InstanceId ?? Name, async () =>
    {
        var scope = OpenScope();
        var exact = Name is null || WildcardPattern.ContainsWildcardCharacters(Name) ? null : Name;
        var pattern = WildcardPattern.Get(Name ?? "*", WildcardOptions.None);

        // A run goes from instance to instance: with its id, the instance of the object in the pipeline says nothing.
        var runId = NullIfEmpty(RunId);
        var instanceId = runId is null || IsGivenByUser(nameof(InstanceId)) ? NullIfEmpty(InstanceId) : null;
        var found = false;
        var refused = new ConcurrentQueue<RunctlException>();
        await foreach (var checkpoint in new CheckpointCatalog(scope.Cloud, scope.Configuration).FindAsync(runId, instanceId, exact, StopToken, refused.Enqueue))
        {
            Tell(refused);
            if (!pattern.IsMatch(checkpoint.Name))
            {
                continue;
            }

            found = true;
            WriteObject(checkpoint);
            if (Latest)
            {
                break;
            }
        }

        Tell(refused);
        if (!found && exact is not null)
        {
            throw CommandErrors.CheckpointNotFound($"named {exact}", exact);
        }
    });

    private void Tell(ConcurrentQueue<RunctlException> refused)
    {
        while (refused.TryDequeue(out var error))
        {
            WriteError(ErrorRecords.From(error));
        }
    }
}
