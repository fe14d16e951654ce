using System.Management.Automation;
using Runctl.Checkpoints;
using Runctl.Errors;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Checkpoints;

/// <summary>Downloads checkpoints from S3 and checks them; a file has its name only when it is whole.</summary>
/// <remarks>A checkpoint comes as it lay in the checkpoint directory: the files of the save, and what travels with them (pointer, tokenizer, best model). What is there already with the same content is not downloaded again; where nothing is left to do that is an error, unless -Force is used. Without -Force, a file of the save that is there with other content is an error, and one that only travels with it stays, with a warning. Names are kept as they are; only what the receiving file system forbids is refused.</remarks>
/// <example>
/// <code>Get-RunctlCheckpoint -RunId $run.RunId -Latest | Save-RunctlCheckpoint -Destination ./checkpoints</code>
/// <para>Downloads the newest checkpoint of a run and checks it.</para>
/// </example>
/// <example>
/// <code>$run | Get-RunctlCheckpoint -Latest | Save-RunctlCheckpoint -Name '*.safetensors', 'config.json' -Destination ./model</code>
/// <para>Downloads some of its files.</para>
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

    /// <summary>Directory that stands for the checkpoint directory; it is made if need be.</summary>
    [Parameter(Position = 1)]
    [Alias("Path")]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = "checkpoints";

    /// <summary>Paths of files below the checkpoint directory, wildcards allowed, of any class, for example '*.pt'. What a link among them leads to comes with it. Default: all files of the classes save and current.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
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
        var files = Choose(checkpoint);
        if (ShouldProcess(Path.Combine(directory, checkpoint.Name), $"Download {checkpoint.S3Uri} ({Described(files)})"))
        {
            var downloaded = await catalog.DownloadAsync(checkpoint, files, directory, Force, Progress, StopToken);
            foreach (var warning in downloaded.Warnings)
            {
                WriteWarning(warning);
            }

            foreach (var path in Name is null && downloaded.Head is { } head ? [head] : downloaded.Paths)
            {
                WriteObject(System.IO.Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path));
            }
        }
    });

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

        var patterns = Name.Select(name => (Name: name, Pattern: WildcardPattern.Get(name, WildcardOptions.None))).ToList();
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
