using Runctl.Instances;

namespace Runctl.Resuming;

/// <summary>Is told, from any thread, how a resume goes.</summary>
public interface IResumeListener
{
    /// <summary>The run's own instance is waited for, which EC2 has stopped or hibernated.</summary>
    void OnWaiting(string instanceId)
    {
    }

    /// <summary>The run is claimed for an attempt.</summary>
    void OnClaimed(int attempt)
    {
    }

    /// <summary>The replacement is launched.</summary>
    void OnLaunched(RunctlInstance replacement, int attempt)
    {
    }

    /// <summary>The run's own instance is back.</summary>
    void OnReturned(RunctlInstance instance, int attempt)
    {
    }

    /// <summary>Something the user should know.</summary>
    void OnWarning(string message);

    /// <summary>A try to resume failed, and another one follows.</summary>
    void OnFailed(string message) => OnWarning(message);
}
