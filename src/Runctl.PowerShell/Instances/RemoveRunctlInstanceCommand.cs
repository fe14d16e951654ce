using System.Management.Automation;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Instances;

/// <summary>Terminates instances that Runctl launched; it refuses any other.</summary>
/// <remarks>It does not wait until the instances are gone. What is only on their disks is lost; checkpoints in S3 stay.</remarks>
/// <example>
/// <code>Get-RunctlInstance | Remove-RunctlInstance</code>
/// <para>Terminates all instances Runctl launched in the region, asking for each.</para>
/// </example>
[Cmdlet(VerbsCommon.Remove, "RunctlInstance", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemoveRunctlInstanceCommand : RunctlCmdlet
{
    /// <summary>Ids of the instances.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    [Identity(nameof(InstanceId))]
    public string[] InstanceId { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (var id in InstanceId)
        {
            await ForTargetAsync(id, () => RemoveAsync(id));
        }
    }

    private async Task RemoveAsync(string id)
    {
        var catalog = new InstanceCatalog(OpenScope().Cloud);
        await foreach (var instance in catalog.FindAsync([id], all: true, StopToken))
        {
            if (!instance.IsManaged)
            {
                throw RunctlErrors.InstanceNotManaged(id);
            }

            if (ShouldProcess($"{instance.InstanceId} ({instance.InstanceType} in {instance.AvailabilityZone ?? instance.Region})", "Terminate the instance; what is only on its disk is lost"))
            {
                await catalog.RemoveAsync(instance, StopToken);
            }
        }
    }
}
