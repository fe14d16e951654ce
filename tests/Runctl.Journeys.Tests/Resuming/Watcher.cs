using Runctl.Journeys.Tests.Sandboxed;
using Runctl.Monitoring;
using Runctl.Ports;
using Runctl.Resuming;

namespace Runctl.Journeys.Tests.Resuming;

/// <summary>A session that watches a run and resumes it.</summary>
internal sealed class Watcher(InstanceMonitor monitor, IAsyncDisposable watch) : IAsyncDisposable
{
    public static Watcher Begin(ICloud cloud, SandboxFixture fixture, Interrupted run, MonitorObserver told, int mostResumes = 10, RunctlStoppedInstance stopped = RunctlStoppedInstance.Replace)
    {
        var monitor = new InstanceMonitor(cloud, TimeProvider.System);
        run.OrderAsync(policy => policy.With(null, mostResumes, stopped)).GetAwaiter().GetResult();
        var resumer = new AutoResumer(cloud, fixture.Adapters, run.Configuration, TimeProvider.System);
        return new Watcher(monitor, resumer.Watch(monitor, new MonitorTarget(run.Training, TimeSpan.FromMilliseconds(500)), told));
    }

    public async ValueTask DisposeAsync()
    {
        await watch.DisposeAsync();
        await monitor.DisposeAsync();
    }
}
