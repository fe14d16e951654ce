using Runctl.Ports;

namespace Runctl.Instances;

/// <summary>Finds and removes instances.</summary>
public sealed class InstanceCatalog(ICloud cloud)
{
    /// <summary>The instances with the given ids; an id that does not exist is an error in the enumeration's result, not an end of it.</summary>
    /// <param name="instanceIds">Ids, or empty for all that carry Runctl's tag (terminated ones excluded).</param>
    /// <param name="all">Whether to list the account's instances instead of Runctl's own.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public IAsyncEnumerable<RunctlInstance> FindAsync(IReadOnlyList<string> instanceIds, bool all, CancellationToken cancellationToken) => throw new NotImplementedException($"{cloud}");

    /// <summary>Terminates an instance that carries Runctl's tag; anything else is refused.</summary>
    public Task<RunctlInstance> RemoveAsync(RunctlInstance instance, CancellationToken cancellationToken) => throw new NotImplementedException();
}
