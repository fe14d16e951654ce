using System.Runtime.CompilerServices;
using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Instances;

/// <summary>Finds instances.</summary>
public sealed class InstanceFinder(ICloud cloud)
{
    /// <summary>The instances with the given ids, or all that match. Ids that do not exist are one error after all others are found.</summary>
    /// <param name="instanceIds">Ids, or empty for all that carry Runctl's tag (terminated ones excluded).</param>
    /// <param name="all">Whether to list the account's instances instead of Runctl's own.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async IAsyncEnumerable<RunctlInstance> FindAsync(IReadOnlyList<string> instanceIds, bool all, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = instanceIds.Count > 0 ? new InstanceQuery { InstanceIds = instanceIds }
            : all ? new InstanceQuery { States = [.. InstanceQuery.LiveStates, Ec2States.ShuttingDown] }
            : new InstanceQuery { States = [.. InstanceQuery.LiveStates, Ec2States.ShuttingDown], Tags = new Dictionary<string, string?> { [RunctlTags.Managed] = null } };
        var missing = instanceIds.ToHashSet(StringComparer.Ordinal);
        foreach (var instance in await cloud.Instances.FindAsync(query, cancellationToken).ConfigureAwait(false))
        {
            missing.Remove(instance.InstanceId);
            yield return instance;
        }

        if (missing.Count > 0)
        {
            throw RunctlErrors.InstanceNotFound(string.Join(", ", missing), cloud.Region);
        }
    }
}
