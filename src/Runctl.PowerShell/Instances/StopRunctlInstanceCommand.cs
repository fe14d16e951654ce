using System.Management.Automation;
using Runctl.Instances;
using Runctl.PowerShell.Composition;

namespace Runctl.PowerShell.Instances;

/// <summary>Stops instances; their disks stay, and cost, until they are started again or removed.</summary>
/// <remarks>
/// A spot instance can be stopped only if it was launched with -InterruptionBehavior Stop or Hibernate: EC2 stops no other. While training runs on an instance
/// it is left alone; with -Force the training is told to save and stops first, and the instance is left alone if that fails. To stop an instance that Runctl
/// did not launch, type its id and confirm, or use -Force. -Confirm:$false only skips the question.
/// </remarks>
/// <example>
/// <code>Stop-RunctlInstance i-0123456789abcdef0 -Wait</code>
/// <para>Stops an instance and returns it when it is stopped.</para>
/// </example>
/// <example>
/// <code>Get-RunctlInstance | Stop-RunctlInstance -WhatIf</code>
/// <para>Lists the instances of Runctl that would stop.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Stop, "RunctlInstance", SupportsShouldProcess = true)]
[OutputType(typeof(RunctlInstance))]
public sealed class StopRunctlInstanceCommand : InstanceActionCmdlet
{
    /// <summary>Acts also where training runs, which saves its checkpoint first, and on an instance that Runctl did not launch, without a further question.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override bool IsForced => Force;

    /// <inheritdoc/>
    private protected override string Action => "Stop the instance; its disk stays";

    /// <inheritdoc/>
    private protected override async Task ActAsync(CommandScope scope, InstancePower power, RunctlInstance instance, string? runId)
    {
        await power.CheckStoppableAsync(instance, StopToken);
        if (instance.State == Ec2States.Running)
        {
            var trainings = await FindTrainingsAsync(power, instance);
            if (!IsWanted(instance))
            {
                return;
            }

            await SaveAsync(power, trainings, keepsDisk: true);
            await power.StopAsync(instance, StopToken);
            instance = await power.WaitForStateAsync(instance.InstanceId, [Ec2States.Stopping, Ec2States.Stopped], Timeout, Progress, StopToken);
        }

        WriteWhenDone(instance, () => power.WaitForStateAsync(instance.InstanceId, [Ec2States.Stopped], Timeout, Progress, StopToken));
    }
}
