using System.Management.Automation;
using Runctl.Checkpoints;
using Runctl.Errors;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Targets;

namespace Runctl.PowerShell.Checkpoints;

/// <summary>Downloads checkpoints from S3 and checks them; a file has its name only when it is whole.</summary>
/// <remarks>A checkpoint comes as it lay in the checkpoint directory: the files of the save, and what travels with them (pointer, tokenizer, best model). What is there already with the same content is not downloaded again; where nothing is left to do that is an error, unless -Force is used. Without -Force, a file of the save that is there with other content is an error, and one that only travels with it stays, with a warning. Names are kept as they are; only what the receiving file system forbids is refused.</remarks>
/// <example>
/// <code>Save-RunctlCheckpoint $run -Destination ./checkpoints</code>
/// <para>Downloads the newest checkpoint of a run and checks it.</para>
/// </example>
/// <example>
/// <code>$run | Save-RunctlCheckpoint -Name '*.safetensors', 'config.json' -Destination ./model</code>
/// <para>Downloads some of its files.</para>
/// </example>
[Cmdlet(VerbsData.Save, "RunctlCheckpoint", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo), typeof(DirectoryInfo))]
public sealed class SaveRunctlCheckpointCommand : BackgroundCmdlet
{
    /// <summary>Checkpoints: objects of Get-RunctlCheckpoint, S3 URIs of checkpoints or of their manifests; or runs, whose newest checkpoints are meant, as objects, ids of runs or of their instances, or wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Manifest", "S3Uri", "RunId", "InstanceId")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RunCompleter))]
    [Identity]
    public RunctlTarget[] Checkpoint { get; set; } = [];

    /// <summary>Directory that stands for the checkpoint directory; it is made if need be.</summary>
    [Parameter(Position = 1)]
    [Alias("Path")]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = "checkpoints";

    /// <summary>Paths of files below the checkpoint directory, wildcards allowed, of any class, for example '*.pt'. What a link among them leads to comes with it. Default: all files of the classes save and current.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CheckpointFileCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Only the head: the file or directory a script resumes from.</summary>
    [Parameter]
    public SwitchParameter Head { get; set; }

    /// <summary>The other checkpoints that lay in the directory as well (class older), which may be many times as large.</summary>
    [Parameter]
    public SwitchParameter Older { get; set; }

    /// <summary>Replaces other content that is there under the same names.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForEachPlaceAsync(Checkpoint, async (scope, here) =>
    {
        var resolver = new CheckpointResolver(scope);
        var checkpoints = await resolver.ResolveAsync(here, StopToken);
        foreach (var refused in resolver.Refused)
        {
            WriteError(refused);
        }

        foreach (var found in checkpoints)
        {
            await ForTargetAsync(found.Target.Id, () => SaveAsync(scope, found.Value ?? throw found.Error!));
        }
    });

    private async Task SaveAsync(CommandScope scope, RunctlCheckpoint checkpoint)
    {
        var directory = FullPath(Destination);
        var files = Choose(checkpoint);
        if (!ShouldProcess(Path.Combine(directory, checkpoint.Name), $"Download {checkpoint.S3Uri} ({Described(files)})"))
        {
            return;
        }

        var downloaded = await new CheckpointCatalog(scope.Cloud, scope.Configuration).DownloadAsync(checkpoint, files, directory, Force, Progress, StopToken);
        foreach (var warning in downloaded.Warnings)
        {
            WriteWarning(warning);
        }

        foreach (var path in Name is null && downloaded.Head is { } head ? [head] : downloaded.Paths)
        {
            WriteItem(path);
        }
    }

    private static string Described(IReadOnlyList<CheckpointFile> files) =>
        $"{files.Count} {(files.Count == 1 ? "file" : "files")}, {ByteSize.Of(files.Sum(file => file.Size))}";

    private IReadOnlyList<CheckpointFile> Choose(RunctlCheckpoint checkpoint)
    {
        if (Head && (Name is not null || Older))
        {
            throw CommandErrors.HeadExcludes();
        }

        if (Head)
        {
            return CheckpointSelection.Head(checkpoint);
        }

        if (Name is null)
        {
            return CheckpointSelection.Whole(checkpoint, Older);
        }

        var patterns = Name.Select(name => (Name: name, Pattern: Wildcards.OfFiles(name))).ToList();
        foreach (var (name, pattern) in patterns)
        {
            if (!checkpoint.Files.Any(file => file.Path == name || pattern.IsMatch(file.Path)))
            {
                throw RunctlErrors.CheckpointFileNotFound(checkpoint.Name, name);
            }
        }

        return CheckpointSelection.Choose(checkpoint, file => patterns.Exists(wanted => file.Path == wanted.Name || wanted.Pattern.IsMatch(file.Path)));
    }
}
