using Runctl.Events;
using Runctl.Training;

namespace Runctl.Monitoring;

/// <summary>Is told what a monitor sees. Calls come one at a time.</summary>
public interface IMonitorObserver
{
    /// <summary>Something happened on the instance.</summary>
    void OnEvent(RunctlEvent runctlEvent);

    /// <summary>The monitor could not do something and goes on; said once for each cause.</summary>
    void OnWarning(string message);

    /// <summary>The run has ended on its instance, or the instance is gone; nothing follows.</summary>
    void OnEnded(RunctlTraining training);

    /// <summary>The run goes on in another attempt on another instance, whose events follow.</summary>
    void OnResumed(RunctlTraining training)
    {
    }

    /// <summary>The monitor was shut down before the run had ended; nothing follows.</summary>
    void OnStopped()
    {
    }
}
