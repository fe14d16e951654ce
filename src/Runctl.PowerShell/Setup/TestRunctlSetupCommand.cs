using System.Management.Automation;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Targets;
using Runctl.PowerShell.Training;
using Runctl.Setup;

namespace Runctl.PowerShell.Setup;

/// <summary>Checks what a training needs: settings, credentials, bucket, script, and on an instance SSM, role, disk and speeds. Each check says what was seen and what to do.</summary>
/// <remarks>Passed is null where something could not be found out, or where what it rests on failed. A check that fails is a result and no error: $? stays true and nothing is thrown; ask -Quiet, or (Test-RunctlSetup ...).Passed -contains $false. The guard program checks the instance, and stays there as after a start. The check takes a few seconds, writes some MiB to disk and S3, and disturbs no training. Its objects below s3_prefix and run_prefix (runctl-check-...) are deleted; where that is not allowed the check names them. What a script does on SIGTERM is judged by its text; Invoke-RunctlInterruptionDrill tries it.</remarks>
/// <example>
/// <code>Test-RunctlSetup $instance -Script ./training/train.py</code>
/// <para>Checks everything before a start.</para>
/// </example>
/// <example>
/// <code>Test-RunctlSetup | Where-Object Passed -eq $false | Format-List Name, Seen, Remedy</code>
/// <para>Shows what to do about settings, credentials and bucket.</para>
/// </example>
/// <example>
/// <code>if (Test-RunctlSetup $instance -Quiet) { $instance | Start-RunctlTraining ./train.py -SyncCode }</code>
/// <para>Starts only where no check fails.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "RunctlSetup")]
[OutputType(typeof(RunctlSetupCheck), typeof(bool))]
public sealed class TestRunctlSetupCommand : BackgroundCmdlet
{
    private bool _failed;
    private string[]? _failedHere;

    /// <summary>Instances to check: their ids or those of the runs on them, wildcards, or objects that have an id; without one only what can be seen from here is checked.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    [Identity]
    public RunctlTarget[] InstanceId { get; set; } = [];

    /// <summary>Path of the training script on this machine, to be looked at; it is not run.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Script { get; set; }

    /// <summary>Bucket to check. Default: <c>s3_bucket</c> in .runctl.toml.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BucketCompleter))]
    public string? S3Bucket { get; set; }

    /// <summary>Prefix of checkpoints in the bucket. Default: <c>s3_prefix</c> in .runctl.toml, then checkpoints/spot-interruptions.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? S3Prefix { get; set; }

    /// <summary>Checkpoint directory to check, relative to the project. Default: <c>dir</c> under [checkpoint] in .runctl.toml, then checkpoints.</summary>
    [Parameter]
    [Alias("CheckpointDir")]
    [ValidateNotNullOrEmpty]
    public string? CheckpointDirectory { get; set; }

    /// <summary>Instance types whose launch is judged: types, subnets, image, price and permissions, by a dry run that launches nothing. Default: <c>default_instance_type</c> in .runctl.toml; without both no launch is checked.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InstanceTypeCompleter))]
    public string[]? InstanceType { get; set; }

    /// <summary>Returns only $true or $false: whether no check failed. What could not be found out is no failure.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    private protected override bool UsesProject => true;

    /// <inheritdoc/>
    private protected override void AddSettings(IDictionary<string, object?> settings)
    {
        base.AddSettings(settings);
        settings[nameof(RunctlConfiguration.S3Bucket)] = NullIfEmpty(S3Bucket);
        settings[nameof(RunctlConfiguration.S3Prefix)] = NullIfEmpty(S3Prefix);
        settings[nameof(RunctlConfiguration.CheckpointDirectory)] = CheckpointDirectory;
    }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (InstanceId.Length == 0)
        {
            await CheckAsync(null);
        }

        foreach (var target in InstanceId)
        {
            var isChecked = false;
            await ForTargetAsync(target.Id, async () =>
            {
                await CheckAsync(target.Kind == TargetKind.Nothing ? throw CommandErrors.TargetMissing(target) : target);
                isChecked = true;
            });
            _failed |= !isChecked;
        }
    }

    private async Task CheckAsync(RunctlTarget? target)
    {
        var script = Script is null ? null : FullPath(Script);
        var project = script is null ? CurrentDirectory : ProjectLocator.Find(script, CurrentDirectory);
        var (scope, request) = At(target, () =>
        {
            var (configuration, failure, bucketFailure) = Read(project);
            var opened = OpenScope(configuration);
            return (opened, new SetupRequest { Configuration = configuration, ConfigurationFailure = failure, BucketFailure = bucketFailure, CredentialSource = CredentialSource.Of(opened), ProjectDirectory = project, ScriptPath = script, Launch = LaunchFor(configuration) });
        });
        if (_failedHere is null)
        {
            var here = new LocalChecks(scope.Cloud, request);
            await foreach (var check in here.RunAsync(StopToken))
            {
                Show(check);
            }

            _failedHere = [.. here.Failed];
        }

        foreach (var instance in target is null ? [] : await InstancesAsync(scope, target))
        {
            await foreach (var check in new InstanceChecks(scope.Cloud, request, instance, _failedHere, TimeProvider.System).RunAsync(StopToken))
            {
                Show(check);
            }
        }
    }

    private LaunchRequest? LaunchFor(RunctlConfiguration configuration)
    {
        var request = LaunchRequest.Of(configuration);
        request = InstanceType is null ? request : request with { InstanceTypes = InstanceType };
        return request.InstanceTypes.Count == 0 ? null : request;
    }

    // That an instance is not there is a check that fails, and no error.
    private async Task<IEnumerable<string>> InstancesAsync(CommandScope scope, RunctlTarget target) => target.InstanceId is { } id
        ? [id]
        : (await new InstanceResolver(scope).ResolveAsync([target], StopToken)).Select(found => (found.Value ?? throw found.Error!).InstanceId);

    /// <inheritdoc/>
    protected override Task EndAsync()
    {
        if (Quiet)
        {
            WriteObject(!_failed);
        }

        return Task.CompletedTask;
    }

    // A file that cannot be read, and a bucket that cannot be used, are among the things that are checked.
    private (RunctlConfiguration Configuration, RunctlException? Failure, RunctlException? BucketFailure) Read(string project)
    {
        RunctlException? bucketFailure = null;
        while (true)
        {
            var without = bucketFailure is null ? null : nameof(RunctlConfiguration.S3Bucket);
            try
            {
                return (ReadConfiguration(project, without), null, bucketFailure);
            }
            catch (RunctlException e) when (e.Id == ErrorIds.BucketNameInvalid)
            {
                bucketFailure = e;
            }
            catch (RunctlException e) when (e.Id is ErrorIds.ConfigurationInvalid or ErrorIds.PrefixesOverlap)
            {
                return (ReadWithoutFile(without), e, bucketFailure);
            }
        }
    }

    private void Show(RunctlSetupCheck check)
    {
        _failed |= check.Passed == false;
        if (!Quiet)
        {
            WriteObject(check);
        }
    }
}
