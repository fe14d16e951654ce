namespace Runctl.Ports;

/// <summary>Takes what one command decides and calls, for -Verbose and -Debug. May be called on any thread; never fails.</summary>
public interface ICommandLog
{
    /// <summary>A decision and its reason: a setting and its source, a pool, a checkpoint, an attempt.</summary>
    void Decided(string message);

    /// <summary>A call to a service was answered, or failed.</summary>
    void Called(ServiceCall answered);

    /// <summary>A call failed for a passing reason, and is tried again after a wait.</summary>
    void Waits(ServiceRetry retry);
}
