using System.Management.Automation;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.PowerShell.Composition;

namespace Runctl.PowerShell.Instances;

/// <summary>Starts stopped instances, with the disks they had.</summary>
/// <remarks>
/// A spot instance that EC2 stopped at an interruption is started by EC2 alone, when there is capacity again: -Wait waits for that. To start an instance that Runctl
/// did not launch, type its id and confirm, or use -Force. -Confirm:$false only skips the question.
/// </remarks>
/// <example>
/// <code>Start-RunctlInstance i-0123456789abcdef0 -Wait | Start-RunctlTraining ./train.py -SyncCode</code>
/// <para>Starts an instance, waits until it is ready, and trains on it.</para>
/// </example>
/// <example runs="true">
/// <code>Get-RunctlInstance | Where-Object State -eq stopped | Start-RunctlInstance -WhatIf</code>
/// <para>Lists the stopped instances of Runctl that would start.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Start, "RunctlInstance", SupportsShouldProcess = true)]
[OutputType(typeof(RunctlInstance))]
public sealed class StartRunctlInstanceCommand : InstanceActionCmdlet
{
    /// <summary>Acts also on an instance that Runctl did not launch, without a further question.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override bool IsForced => Force;

    /// <inheritdoc/>
    private protected override string Action => "Start the instance";

    /// <inheritdoc/>
    private protected override async Task ActAsync(CommandScope scope, InstancePower power, RunctlInstance instance, string? runId)
    {
        if (instance.State is Ec2States.Terminated or Ec2States.ShuttingDown)
        {
            throw RunctlErrors.InstanceNotRunning(instance.InstanceId, instance.State, instance.StateReason);
        }

        if (instance.State is Ec2States.Stopping)
        {
            throw RunctlErrors.InstanceStopping(instance.InstanceId);
        }

        if (instance.State == Ec2States.Stopped)
        {
            if (!IsWanted(instance))
            {
                return;
            }

            if (await power.StartAsync(instance, StopToken))
            {
                instance = await power.WaitForStateAsync(instance.InstanceId, [Ec2States.Pending, Ec2States.Running], Timeout, Progress, StopToken);
            }
            else if (!Wait)
            {
                throw RunctlErrors.SpotWaitsForCapacity(instance.InstanceId);
            }
            else
            {
                WriteVerbose($"{instance.InstanceId} was stopped by EC2 for lack of capacity; waiting until EC2 starts it.");
            }
        }

        WriteWhenDone(instance, () => ReadyAsync(scope, power, instance));
    }

    private async Task<RunctlInstance> ReadyAsync(CommandScope scope, InstancePower power, RunctlInstance instance)
    {
        var runs = await power.WaitForStateAsync(instance.InstanceId, [Ec2States.Running], Timeout, Progress, StopToken).ConfigureAwait(false);

        // Without a profile SSM never reaches it, and there is nothing more to wait for.
        return runs.IamInstanceProfile is null ? runs
            : await new SpotLauncher(scope.Cloud, TimeProvider.System).WaitUntilReadyAsync(instance.InstanceId, Timeout, Progress, StopToken).ConfigureAwait(false);
    }
}
