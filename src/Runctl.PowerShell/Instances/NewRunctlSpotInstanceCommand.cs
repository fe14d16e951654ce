using System.Management.Automation;
using Runctl.Instances;
using Runctl.PowerShell.Completion;

namespace Runctl.PowerShell.Instances;

/// <summary>Launches spot instances: of several types and zones the one that is cheapest and least likely to be taken back.</summary>
/// <remarks>The fleet chooses among all given types and zones by price and by how likely an interruption is. A launch that fails or is stopped leaves nothing running.</remarks>
/// <example>
/// <code>New-RunctlSpotInstance -InstanceType g5.xlarge, g4dn.xlarge -IamInstanceProfile MySSMProfile -Wait</code>
/// <para>Launches one spot instance of either type and returns it when a training can be started on it.</para>
/// </example>
/// <example>
/// <code>New-RunctlSpotInstance g5.xlarge -MaxPrice 0.60 -WhatIf</code>
/// <para>Checks everything and names types, zones and price without launching.</para>
/// </example>
[Cmdlet(VerbsCommon.New, "RunctlSpotInstance", SupportsShouldProcess = true)]
[OutputType(typeof(RunctlInstance))]
public sealed class NewRunctlSpotInstanceCommand : LaunchCmdlet
{
    /// <summary>Instance types that will do, for example g5.xlarge, g4dn.xlarge; the more, the fewer interruptions. Default: <c>default_instance_type</c> in .runctl.toml.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InstanceTypeCompleter))]
    public override string[]? InstanceType { get; set; }

    /// <summary>How many instances, all or none.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int Count { get; set; } = 1;

    /// <summary>Waits until the instances run, SSM reaches them and cloud-init is done. One that does not become ready is terminated.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var scope = OpenScope();
        var launcher = new SpotLauncher(scope.Cloud, TimeProvider.System) { OnLeftovers = WarnAfterStop() };
        var plan = await launcher.PlanAsync(RequestFor(scope.Configuration, Count), StopToken);
        if (plan.Request.IamInstanceProfile is null)
        {
            WriteWarning("No instance profile is given: SSM will not reach the instances, and no training can be started on them. Use -IamInstanceProfile.");
        }

        if (!ShouldProcess(plan.Description, "Launch"))
        {
            return;
        }

        if (!Wait)
        {
            foreach (var instance in await launcher.LaunchAsync(plan, Progress, StopToken))
            {
                Session.Remember(instance, plan.Request);
                WriteObject(instance);
            }

            return;
        }

        await foreach (var ready in launcher.LaunchReadyAsync(plan, Timeout, instance => Session.Remember(instance, plan.Request), Progress, StopToken))
        {
            if (ready.Failure is { } failure)
            {
                WriteError(failure, ready.Instance.InstanceId);
            }
            else
            {
                WriteObject(ready.Instance);
            }
        }
    }
}
