using System.Management.Automation;
using Runctl.Configuration;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Targets;
using Runctl.Training;

namespace Runctl.PowerShell.Monitoring;

/// <content>Training that Runctl did not start: the guard is installed on its instance and takes it.</content>
public sealed partial class WatchRunctlSpotInterruptionCommand
{
    /// <summary>Process id on the instance of a training that Runctl did not start.</summary>
    [Parameter]
    [ValidateRange(2, int.MaxValue)]
    public int? ProcessId { get; set; }

    /// <summary>Path on the instance of a file with the process id of a training that Runctl did not start.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PidFile { get; set; }

    /// <summary>Name or whole command line, with wildcards, of a training that Runctl did not start: <c>*train.py*</c>. It has to mean one process; its children are guarded with it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ProcessName { get; set; }

    /// <summary>The process may belong to another user than the instance's login user. One given with -ProcessId always may.</summary>
    [Parameter]
    public SwitchParameter AnyUser { get; set; }

    /// <summary>Where a training that Runctl did not start saves, absolute or relative to its working directory. Default: <c>dir</c> under [checkpoint] in .runctl.toml, then checkpoints.</summary>
    [Parameter]
    [Alias("CheckpointDir")]
    [ValidateNotNullOrEmpty]
    public string? CheckpointDirectory { get; set; }

    /// <summary>Prefix of its checkpoints in the bucket. Default: <c>s3_prefix</c> in .runctl.toml, then checkpoints/spot-interruptions.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? S3Prefix { get; set; }

    private int ProcessesNamed => (ProcessId is null ? 0 : 1) + (PidFile is null ? 0 : 1) + (ProcessName is null ? 0 : 1);

    private void AddAttachSettings(IDictionary<string, object?> settings)
    {
        settings[nameof(RunctlConfiguration.CheckpointDirectory)] = CheckpointDirectory;
        if (S3Prefix is not null)
        {
            settings[nameof(RunctlConfiguration.S3Prefix)] = S3Prefix;
        }
    }

    /// <summary>Has the process guarded and calls for the run it is now.</summary>
    private Task AttachAsync(Func<CommandScope, RunctlTraining, Task> body) => ForEachPlaceAsync(Targets, async (scope, here) =>
    {
        var request = ReadAttachRequest(here);
        var attacher = new TrainingAttacher(scope.Cloud, TimeProvider.System);
        var instance = await attacher.CheckAsync(request, scope.Configuration, StopToken);
        if (scope.Configuration.S3Bucket is null)
        {
            WriteWarning("No s3_bucket is configured: checkpoints stay on the instance's disk and are lost with it.");
        }

        var process = ProcessName ?? PidFile ?? $"process {ProcessId}";
        if (ShouldProcess($"{process} on {instance.InstanceId} ({instance.InstanceType}, {instance.AvailabilityZone})", "Guard training"))
        {
            await body(scope, Session.Remember(await attacher.AttachAsync(request, scope.Configuration, StopToken)));
        }
    });

    private AttachRequest ReadAttachRequest(IReadOnlyList<RunctlTarget> targets) => ProcessesNamed > 1 ? throw CommandErrors.ProcessesNamed() : AutoResume ? throw CommandErrors.AutoResumeAttached() : new AttachRequest
    {
        InstanceId = targets is [{ InstanceId: { } instanceId }] ? instanceId : throw CommandErrors.InstanceNotNamed(),
        ProcessId = ProcessId,
        PidFile = PidFile,
        ProcessName = ProcessName,
        AnyUser = AnyUser,
    };
}
