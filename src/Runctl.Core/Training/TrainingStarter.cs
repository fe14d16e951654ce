using Runctl.Configuration;
using Runctl.Ports;
using Runctl.Progress;

namespace Runctl.Training;

/// <summary>Brings a project to an instance and starts training under the guard.</summary>
public sealed class TrainingStarter(ICloud cloud, IAdapters adapters, TimeProvider time)
{
    /// <summary>Checks a request: script, instance, SSM, bucket. Changes nothing.</summary>
    public Task<StartPlan> PlanAsync(StartRequest request, RunctlConfiguration configuration, CancellationToken cancellationToken) => throw new NotImplementedException($"{cloud}{adapters}{time}");

    /// <summary>Syncs, writes the run's record and starts.</summary>
    public Task<RunctlTraining> StartAsync(StartPlan plan, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken) => throw new NotImplementedException();
}
