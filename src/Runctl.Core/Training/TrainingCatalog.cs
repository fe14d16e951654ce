using Runctl.Configuration;
using Runctl.Ports;

namespace Runctl.Training;

/// <summary>Finds runs, by asking their guards and reading their records in S3, and stops them.</summary>
public sealed class TrainingCatalog(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>Runs by id; by instance; or all that are known (S3 records, instances with Runctl's tags). Works after an instance is gone where there is a bucket.</summary>
    public IAsyncEnumerable<RunctlTraining> FindAsync(string? runId, string? instanceId, CancellationToken cancellationToken) => throw new NotImplementedException($"{cloud}{configuration}{time}");

    /// <summary>Stops a run gracefully: same sequence as an interruption, checkpoint uploaded too.</summary>
    public Task<RunctlTraining> StopAsync(RunctlTraining training, TimeSpan gracePeriod, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Waits until a run has ended on its instance.</summary>
    public Task<RunctlTraining> WaitAsync(RunctlTraining training, TimeSpan pollInterval, IProgress<Runctl.Progress.ProgressUpdate> progress, CancellationToken cancellationToken) => throw new NotImplementedException();
}
