namespace Runctl.Ports;

/// <summary>What a sandbox lets its users do that AWS does not.</summary>
public interface ISandboxControl
{
    /// <summary>Raises an interruption notice; the instance is taken when the window is over.</summary>
    /// <returns>The deadline in the notice, UTC.</returns>
    Task<DateTimeOffset> InterruptAsync(string instanceId, TimeSpan window, CancellationToken cancellationToken);
}
