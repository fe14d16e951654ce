using System.Management.Automation;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Ports;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Instances;
using Runctl.Training;

namespace Runctl.PowerShell.Configuration;

/// <summary>Writes a .runctl.toml with every setting, its meaning, unit and default; what is known here is filled in.</summary>
/// <remarks>Filled in are the parameters, the session's or the environment's region and profile, and the project's name. The checkpoint directory is filled in where one is found; a setup command for requirements.txt and instance profiles seen on instances of the account are offered as comments. No credentials are written. An existing file is left alone unless -Force is given; it is replaced as a whole, or not at all.</remarks>
/// <example>
/// <code>Initialize-RunctlConfiguration -S3Bucket my-checkpoint-bucket -IamInstanceProfile MySSMProfile; Test-RunctlSetup</code>
/// <para>Writes the file in the current directory, then checks what it says.</para>
/// </example>
/// <example>
/// <code>Initialize-RunctlConfiguration -Path ./training -S3Bucket my-checkpoint-bucket -Force</code>
/// <para>Replaces the file of another directory.</para>
/// </example>
[Cmdlet(VerbsData.Initialize, "RunctlConfiguration", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class InitializeRunctlConfigurationCommand : RunctlCmdlet
{
    private static readonly TimeSpan LookTime = TimeSpan.FromSeconds(5);
    private static readonly string[] CheckpointDirectories = ["checkpoints", "checkpoint", "ckpt", "ckpts", "outputs", "output", "lightning_logs"];

    /// <summary>Directory of the project. Default: the current location.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Bucket for checkpoints, code and records.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(BucketCompleter))]
    public string? S3Bucket { get; set; }

    /// <summary>Instance profile of new instances.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InstanceProfileCompleter))]
    public string? IamInstanceProfile { get; set; }

    /// <summary>Instance type where none is given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InstanceTypeCompleter))]
    public string? InstanceType { get; set; }

    /// <summary>Name of the project. Default: the directory's.</summary>
    [Parameter]
    public string? ProjectName { get; set; }

    /// <summary>Where the script saves checkpoints, relative to the project. Default: one that is there by a usual name.</summary>
    [Parameter]
    [Alias("CheckpointDir")]
    public string? CheckpointDirectory { get; set; }

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override void AddSettings(IDictionary<string, object?> settings)
    {
        base.AddSettings(settings);
        settings[nameof(RunctlConfiguration.S3Bucket)] = NullIfEmpty(S3Bucket);
        settings[nameof(RunctlConfiguration.IamInstanceProfile)] = NullIfEmpty(IamInstanceProfile);
        settings[nameof(RunctlConfiguration.DefaultInstanceType)] = NullIfEmpty(InstanceType);
        settings[nameof(RunctlConfiguration.ProjectName)] = NullIfEmpty(ProjectName);
        settings[nameof(RunctlConfiguration.CheckpointDirectory)] = NullIfEmpty(CheckpointDirectory);
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var directory = Path is null ? CurrentDirectory : FullPath(Path);
        var path = System.IO.Path.Combine(directory, ConfigurationLocator.FileName);
        ConfigurationWriter.Check(path, Force);
        var template = await FillAsync(directory);
        if (ShouldProcess(path, File.Exists(path) ? "Replace the configuration" : "Write a configuration"))
        {
            ConfigurationWriter.Write(path, template.Write(), Force);
            WriteItem(path);
        }
    }

    private async Task<ConfigurationTemplate> FillAsync(string directory)
    {
        var known = ReadWithoutFile();
        var template = new ConfigurationTemplate();
        foreach (var setting in Setting.All)
        {
            // A sandbox in use is gone tomorrow: of a session only the region lasts.
            var source = known.Sources[setting.Property];
            if (source == "Parameter" || (setting.Property is nameof(known.Region) or nameof(known.ProfileName) && source != "Default"))
            {
                template.Values[setting.Property] = typeof(RunctlConfiguration).GetProperty(setting.Property)!.GetValue(known)!;
            }
        }

        template.Values.TryAdd(nameof(known.ProjectName), RunNaming.ProjectName(null, directory));
        if (Array.Find(CheckpointDirectories, name => Directory.Exists(System.IO.Path.Combine(directory, name))) is { } found)
        {
            template.Values.TryAdd(nameof(known.CheckpointDirectory), found);
        }

        if (File.Exists(System.IO.Path.Combine(directory, "requirements.txt")))
        {
            template.Suggestions[nameof(known.SetupCommand)] = "pip install -r requirements.txt";
            template.Remarks[nameof(known.SetupCommand)] = "There is a requirements.txt here.";
        }

        if (!template.Values.ContainsKey(nameof(known.IamInstanceProfile)) && await ProfilesAsync(known) is [var first, ..] profiles)
        {
            template.Suggestions[nameof(known.IamInstanceProfile)] = first;
            template.Remarks[nameof(known.IamInstanceProfile)] = $"Seen on instances: {string.Join(", ", profiles)}.";
        }

        return template;
    }

    // A look that may fail for any reason: the file is as good without.
    private async Task<IReadOnlyList<string>> ProfilesAsync(RunctlConfiguration known)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
            limit.CancelAfter(LookTime);
            var query = new InstanceQuery { States = InstanceQuery.LiveStates };
            var cloud = OpenScope(known).Cloud;
            var instances = await Task.Run(() => cloud.Instances.FindAsync(query, limit.Token), limit.Token).WaitAsync(limit.Token);
            return [.. instances.Select(instance => instance.IamInstanceProfile).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is RunctlException or OperationCanceledException && !StopToken.IsCancellationRequested)
        {
            WriteVerbose($"Instance profiles were not looked for: {e.Message}");
            return [];
        }
    }
}
