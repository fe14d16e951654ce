using System.Management.Automation;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.PowerShell.Composition;

namespace Runctl.PowerShell.Instances;

/// <summary>Terminates instances: Runctl's own, and others only where their ids are given by hand and it is confirmed.</summary>
/// <remarks>
/// What is only on their disks is lost; checkpoints in S3 stay. A persistent spot request is cancelled first, so that EC2 launches no other instance for it.
/// The cmdlet refuses an instance on which training runs. With -Force the training saves and stops first, and the instance stays if its checkpoint does not reach S3.
/// A run that this session resumes automatically is refused too; with -Force the automatic resume ends first, and what it has launched is removed.
/// -Confirm:$false only skips the question. To remove an instance that Runctl did not launch without a question, use -Force.
/// </remarks>
/// <example>
/// <code>Get-RunctlInstance | Remove-RunctlInstance</code>
/// <para>Terminates all instances Runctl launched in the region, asking for each.</para>
/// </example>
/// <example>
/// <code>Remove-RunctlInstance i-0123456789abcdef0 -Force -Confirm:$false</code>
/// <para>Terminates an instance without a question, after the training on it has saved.</para>
/// </example>
[Cmdlet(VerbsCommon.Remove, "RunctlInstance", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemoveRunctlInstanceCommand : InstanceActionCmdlet
{
    /// <summary>Acts also where training runs, which saves its checkpoint first, and on an instance that Runctl did not launch, without a further question.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override bool IsForced => Force;

    /// <inheritdoc/>
    private protected override string Action => "Terminate the instance; what is only on its disk is lost";

    /// <inheritdoc/>
    private protected override async Task ActAsync(CommandScope scope, InstancePower power, RunctlInstance instance, string? runId)
    {
        var trainings = await FindTrainingsAsync(power, instance);
        RefuseResumed(runId);
        if (!IsWanted(instance))
        {
            return;
        }

        var removed = instance;
        await LeaveAsync(runId, async () =>
        {
            await SaveAsync(power, trainings, keepsDisk: false);
            removed = await new InstanceRemoval(scope.Cloud).RemoveAsync(instance, StopToken, evenForeign: true);
        });
        if (instance.Tags.GetValueOrDefault(RunctlTags.RunId) is { } tagged && Session.CellOf(tagged).AfterRemovalOf(instance.InstanceId, isEnded: trainings.Any(t => t.RunId == tagged)) is { } warning)
        {
            WriteWarning(warning);
        }

        WriteWhenDone(removed, () => power.WaitForStateAsync(instance.InstanceId, [Ec2States.Terminated], Timeout, Progress, StopToken));
    }

    /// <inheritdoc/>
    private protected override async Task ActWithoutInstanceAsync(string? runId, RunctlException error)
    {
        RefuseResumed(runId);
        if (runId is null || !Session.CellOf(runId).IsResumed)
        {
            throw error;
        }

        if (ShouldProcess($"Run {runId}", "End its automatic resume, and remove what the resume has launched"))
        {
            await LeaveAsync(runId, static () => Task.CompletedTask);
        }
    }

    /// <summary>A run that comes back on another instance is not removed with the one that it was on.</summary>
    private void RefuseResumed(string? runId)
    {
        if (!Force && runId is not null && Session.CellOf(runId).IsResumed)
        {
            throw RunctlErrors.RunIsResumed(runId);
        }
    }

    /// <summary>Ends the automatic resume of the run in this session, as Stop-RunctlTraining does.</summary>
    private Task LeaveAsync(string? runId, Func<Task> end) => runId is null ? end() : Session.LeaveAsync(runId, end);

    /// <inheritdoc/>
    private protected override void Write(RunctlInstance instance)
    {
        // It is gone: there is nothing to go on with.
    }
}
