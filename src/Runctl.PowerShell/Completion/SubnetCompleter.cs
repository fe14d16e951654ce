namespace Runctl.PowerShell.Completion;

/// <summary>Completes ids of subnets: those of the settings, those of instances this session has seen, and the default subnets of the zones.</summary>
internal sealed class SubnetCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope)
    {
        scope.Learn("subnets", async (at, limit) =>
        {
            foreach (var subnet in await at.Cloud.Instances.DescribeSubnetsAsync([], limit).ConfigureAwait(false))
            {
                scope.Known.Add(subnet);
            }
        });
        return scope.Known.Subnets.Concat(scope.Configuration.SubnetIds.Select(subnet => Name(subnet, "subnet_ids of the settings in force")));
    }
}
