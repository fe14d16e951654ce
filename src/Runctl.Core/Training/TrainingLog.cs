using Runctl.Configuration;
using Runctl.Ports;

namespace Runctl.Training;

/// <summary>Reads what a training printed, from its instance or, once that is gone, from S3.</summary>
public sealed class TrainingLog(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>The lines in order, none lost or repeated.</summary>
    /// <param name="training">The run.</param>
    /// <param name="tail">Only the last so many lines of what is there now; null for all.</param>
    /// <param name="follow">Whether to go on until the training ends.</param>
    /// <param name="pollInterval">How often to ask while following.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public IAsyncEnumerable<string> ReadAsync(RunctlTraining training, int? tail, bool follow, TimeSpan pollInterval, CancellationToken cancellationToken) => throw new NotImplementedException($"{cloud}{configuration}{time}");
}
