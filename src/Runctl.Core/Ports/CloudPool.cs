using Runctl.Errors;

namespace Runctl.Ports;

/// <summary>The connections of a session: one for what comes to the same, so that all share its clients, its pace and its budget of repetitions.</summary>
/// <param name="connect">Makes a connection.</param>
internal sealed class CloudPool(Func<CloudConnection, ICloud> connect) : IDisposable
{
    private readonly object _lock = new();
    private readonly Dictionary<ConnectionKey, ICloud> _clouds = [];

    /// <summary>The connection for these settings. A region that is left out and the same one given by name are one connection.</summary>
    public ICloud Connect(CloudConnection connection)
    {
        lock (_lock)
        {
            if (_clouds.TryGetValue(ConnectionKey.Of(connection), out var known))
            {
                return known;
            }

            var cloud = connect(connection);
            var resolved = ConnectionKey.Of(connection with { Region = RegionOf(cloud) });
            if (_clouds.TryGetValue(resolved, out known))
            {
                cloud.Dispose();
                cloud = known;
            }

            _clouds[resolved] = cloud;
            return _clouds[ConnectionKey.Of(connection)] = cloud;
        }
    }

    /// <summary>Ends all connections; those that are asked for later are new ones.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var cloud in _clouds.Values.Distinct())
            {
                cloud.Dispose();
            }

            _clouds.Clear();
        }
    }

    private static string? RegionOf(ICloud cloud)
    {
        try
        {
            return cloud.Region;
        }
        catch (RunctlException)
        {
            // The first call says so.
            return cloud.Connection.Region;
        }
    }
}
