using System.Collections.Concurrent;
using System.Management.Automation;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Instances;

/// <summary>Lists the instances Runctl launched, or finds instances by their ids, with what they cost and what trains on them.</summary>
/// <remarks>Prices come from EC2's spot price history. The cost is that of compute since the last start, billed per second; volumes, traffic and storage are extra. The prices of on-demand instances come from [prices] in .runctl.toml. If a value is not known, its property is empty, tables show "?", and -Verbose says why.</remarks>
/// <example runs="true" screen="instances">
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

    private readonly List<(CommandScope Scope, string[] Ids)> _asked = [];

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
    protected override Task ProcessAsync() => ForTargetAsync(null, () =>
    {
        _asked.Add((OpenScope(), InstanceId));
        return Task.CompletedTask;
    });

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        // What came in by the pipeline is asked about together: a call for each would be slow, and throttled.
        foreach (var asked in _asked.GroupBy(a => a.Scope.Cloud))
        {
            await ForTargetAsync(null, () => FindAsync(asked.First().Scope, [.. asked.SelectMany(a => a.Ids).Distinct(StringComparer.Ordinal)]));
        }
    }

    private async Task FindAsync(CommandScope scope, string[] ids)
    {
        var found = new List<RunctlInstance>();
        RunctlException? missing = null;
        try
        {
            await foreach (var instance in new InstanceCatalog(scope.Cloud).FindAsync(ids, All, StopToken))
            {
                found.Add(instance);
            }
        }
        catch (RunctlException e)
        {
            missing = e;
        }

        var unknown = new ConcurrentQueue<string>();
        var overview = new InstanceOverview(scope.Cloud, scope.Configuration, TimeProvider.System) { OnUnknown = unknown.Enqueue };
        foreach (var instance in await overview.CompleteAsync(found, StopToken))
        {
            Session.Known.Add(instance);
            WriteObject(instance);
        }

        foreach (var message in unknown)
        {
            WriteVerbose(message);
        }

        if (missing is not null)
        {
            throw missing;
        }
    }
}
