using System.Management.Automation;
using Runctl.Instances;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Instances;

/// <summary>Lists the instances Runctl launched, or finds instances by their ids.</summary>
/// <example>
/// <code>Get-RunctlInstance</code>
/// <para>Lists the instances Runctl launched that are not terminated.</para>
/// </example>
/// <example>
/// <code>Get-RunctlInstance i-0123456789abcdef0 | Format-List</code>
/// <para>Shows one instance in full.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RunctlInstance", DefaultParameterSetName = OwnSet)]
[OutputType(typeof(RunctlInstance))]
public sealed class GetRunctlInstanceCommand : RunctlCmdlet
{
    private const string OwnSet = "Own";
    private const string IdSet = "Id";

    /// <summary>Ids of instances, launched by Runctl or not.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = IdSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    [Identity(nameof(InstanceId))]
    public string[] InstanceId { get; set; } = [];

    /// <summary>Lists all instances of the account in the region, not only those Runctl launched.</summary>
    [Parameter(ParameterSetName = OwnSet)]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => ForTargetAsync(null, async () =>
    {
        var catalog = new InstanceCatalog(OpenScope().Cloud);
        await foreach (var instance in catalog.FindAsync(InstanceId, All, StopToken))
        {
            Session.Known.Add(instance);
            WriteObject(instance);
        }
    });
}
