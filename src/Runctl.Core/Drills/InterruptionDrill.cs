using Runctl.Configuration;
using Runctl.Events;
using Runctl.Ports;
using Runctl.Training;

namespace Runctl.Drills;

/// <summary>Rehearses an interruption of a running training and judges the outcome.</summary>
public sealed class InterruptionDrill(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>Raises a notice (a real one in a sandbox, the guard's own <c>drill</c> elsewhere), and waits for the outcome; in a sandbox until the instance is gone.</summary>
    /// <param name="training">A run whose training is running.</param>
    /// <param name="window">Time from notice to deadline; AWS gives 2 minutes.</param>
    /// <param name="pollInterval">How often to ask the guard.</param>
    /// <param name="events">Told of each event as it comes.</param>
    /// <param name="cancellationToken">Ends the waiting, not the interruption.</param>
    public Task<RunctlDrillReport> RunAsync(RunctlTraining training, TimeSpan window, TimeSpan pollInterval, IProgress<RunctlEvent> events, CancellationToken cancellationToken) => throw new NotImplementedException($"{cloud}{configuration}{time}");
}
