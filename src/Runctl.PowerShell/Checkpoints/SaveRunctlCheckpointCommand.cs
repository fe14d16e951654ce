using System.Management.Automation;
using Runctl.Checkpoints;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Checkpoints;

/// <summary>Downloads checkpoints from S3 and checks them; a file has its name only when it is whole.</summary>
/// <example>
/// <code>Get-RunctlCheckpoint -RunId $run.RunId -Latest | Save-RunctlCheckpoint -Destination ./checkpoints</code>
/// <para>Downloads the newest checkpoint of a run and checks it.</para>
/// </example>
[Cmdlet(VerbsData.Save, "RunctlCheckpoint", SupportsShouldProcess = true, DefaultParameterSetName = CheckpointSet)]
[OutputType(typeof(FileInfo), typeof(DirectoryInfo))]
public sealed class SaveRunctlCheckpointCommand : RunctlCmdlet
{
    private const string CheckpointSet = "Checkpoint";
    private const string UriSet = "Uri";

    /// <summary>The checkpoint, as Get-RunctlCheckpoint returns it.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = CheckpointSet)]
    [ValidateNotNull]
    public RunctlCheckpoint? Checkpoint { get; set; }

    /// <summary>S3 URI of the checkpoint or of its manifest.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = UriSet)]
    [Alias("S3Uri")]
    [ValidateNotNullOrEmpty]
    [Identity(nameof(Manifest))]
    public string? Manifest { get; set; }

    /// <summary>Directory the checkpoint is put into; it is made if need be.</summary>
    [Parameter(Position = 1)]
    [Alias("Path")]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = "checkpoints";

    /// <summary>Replaces what is there under the checkpoint's name.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForTargetAsync(Checkpoint?.S3Uri ?? Manifest, async () =>
    {
        if (Checkpoint is { } given)
        {
            UseConnectionOf(given.Region, given.EndpointUrl, given.ProfileName);
        }

        var scope = OpenScope();
        var catalog = new CheckpointCatalog(scope.Cloud, scope.Configuration);
        var checkpoint = Checkpoint ?? await catalog.GetAsync(Manifest!, StopToken);
        var directory = FullPath(Destination);
        if (ShouldProcess(Path.Combine(directory, checkpoint.Name), $"Download {checkpoint.S3Uri} ({ByteSize.Of(checkpoint.Size)})"))
        {
            var path = await catalog.DownloadAsync(checkpoint, directory, Force, Progress, StopToken);
            WriteObject(System.IO.Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path));
        }
    });
}
