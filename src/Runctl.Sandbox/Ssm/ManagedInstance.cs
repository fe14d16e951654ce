using Runctl.Sandbox.Ec2;

namespace Runctl.Sandbox.Ssm;

/// <summary>An instance in SSM's inventory.</summary>
/// <param name="Record">The instance.</param>
/// <param name="Registered">Whether its agent runs and was in reach once.</param>
/// <param name="OfflineSince">Since when its agent is out of reach, or null.</param>
internal sealed record ManagedInstance(InstanceRecord Record, bool Registered, DateTimeOffset? OfflineSince)
{
    /// <summary>Online or ConnectionLost.</summary>
    public string Ping => Registered && OfflineSince is null ? "Online" : "ConnectionLost";
}
