using Runctl.Events;
using Runctl.Training;

namespace Runctl.Monitoring;

/// <summary>Keeps what an observer throws from whoever tells it; it is told what it failed in, as far as it still listens.</summary>
internal sealed class IsolatedObserver(IMonitorObserver observer) : IMonitorObserver
{
    /// <inheritdoc/>
    public void OnEvent(RunctlEvent runctlEvent) => Tell(() => observer.OnEvent(runctlEvent), $"Event {runctlEvent.Kind} of run {runctlEvent.RunId}");

    /// <inheritdoc/>
    public void OnWarning(string message) => Try(() => observer.OnWarning(message));

    /// <inheritdoc/>
    public void OnEnded(RunctlTraining training) => Tell(() => observer.OnEnded(training), $"The end of run {training.RunId}");

    /// <inheritdoc/>
    public void OnResumed(RunctlTraining training) => Tell(() => observer.OnResumed(training), $"The resume of run {training.RunId}");

    /// <inheritdoc/>
    public void OnStopped() => Try(observer.OnStopped);

    private void Tell(Action tell, string what)
    {
        if (Try(tell) is { } error)
        {
            OnWarning($"{what} could not be shown ({error.GetType().Name}: {error.Message}).");
        }
    }

    private static Exception? Try(Action tell)
    {
        try
        {
            tell();
            return null;
        }
#pragma warning disable CA1031 // What an observer throws is its own affair.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e;
        }
    }
}
