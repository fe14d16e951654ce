using System.Collections.Concurrent;
using System.Management.Automation;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;
using Runctl.PowerShell.Targets;

namespace Runctl.PowerShell.Instances;

/// <summary>Lists the instances Runctl launched, or finds instances by their ids, with what they cost and what trains on them.</summary>
/// <remarks>Prices come from EC2's spot price history. The cost is that of compute since the last start, billed per second; volumes, traffic and storage are extra. The prices of on-demand instances come from [prices] in .runctl.toml. If a value is not known, its property is empty, tables show "?", and -Verbose says why.</remarks>
/// <example runs="true" screen="instances">
/// <code>Get-RunctlInstance</code>
/// <para>Lists the instances Runctl launched that are not terminated.</para>
/// </example>
/// <example>
/// <code>Get-RunctlInstance $run</code>
/// <para>Shows the instance that a run is on now.</para>
/// </example>
/// <example>
/// <code>Get-RunctlInstance i-0123456789abcdef0 | Format-List</code>
/// <para>Shows one instance in full.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RunctlInstance")]
[OutputType(typeof(RunctlInstance))]
public sealed class GetRunctlInstanceCommand : RunctlCmdlet
{
    private readonly List<TargetsAt> _asked = [];

    /// <summary>Ids of instances, launched by Runctl or not, or of the runs that are on them. Wildcards and objects that have an id work too, also from JSON, CSV and AWS.Tools. Default: all that Runctl launched.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    [Identity]
    public RunctlTarget[] InstanceId { get; set; } = [new("*")];

    /// <summary>Lists all instances of the account in the region, not only those Runctl launched; wildcards match them too.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>Only instances in these states. Default: in a list all but terminated ones.</summary>
    [Parameter]
    [ValidateSet(Ec2States.Pending, Ec2States.Running, Ec2States.ShuttingDown, Ec2States.Terminated, Ec2States.Stopping, Ec2States.Stopped)]
    public string[]? State { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => PlaceAsync(InstanceId, _asked);

    // What came in by the pipeline is asked about together: a call for each would be slow, and throttled.
    /// <inheritdoc/>
    protected override Task EndAsync() => ForEachPlaceAsync(_asked, async (scope, targets) =>
    {
        var resolver = new InstanceResolver(scope) { IncludesForeign = All, ListedStates = State?.Select(state => state.ToLowerInvariant()).ToArray() ?? [.. InstanceQuery.LiveStates, Ec2States.ShuttingDown] };
        var resolved = await resolver.ResolveAsync(targets, StopToken);
        var found = resolved.Select(one => one.Value).OfType<RunctlInstance>().Where(instance => State is null || State.Contains(instance.State, StringComparer.OrdinalIgnoreCase));
        var unknown = new ConcurrentQueue<string>();
        var overview = new InstanceCosts(scope.Cloud, scope.Configuration, TimeProvider.System) { OnUnknown = unknown.Enqueue };
        foreach (var instance in await overview.CompleteAsync([.. found], StopToken))
        {
            Session.Known.Add(instance);
            WriteObject(instance);
        }

        foreach (var message in unknown)
        {
            WriteVerbose(message);
        }

        foreach (var missing in resolved.Where(one => one.Value is null))
        {
            WriteError(missing.Error!, missing.Target.Id);
        }
    });
}
