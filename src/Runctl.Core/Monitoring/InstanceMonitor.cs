using Runctl.Ports;

namespace Runctl.Monitoring;

/// <summary>Polls the guards of all monitored instances of a connection together and hands on what they tell. One per connection and session.</summary>
public sealed class InstanceMonitor(ICloud cloud, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Begins to monitor a run; the poller starts with the first and rests when none is left.</summary>
    /// <param name="target">What to monitor.</param>
    /// <param name="observer">Told of events in order; each once.</param>
    /// <returns>Ends the monitoring when disposed.</returns>
    public IAsyncDisposable Watch(MonitorTarget target, IMonitorObserver observer) => throw new NotImplementedException($"{cloud}{time}");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
