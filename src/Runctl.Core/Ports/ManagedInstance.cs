namespace Runctl.Ports;

/// <summary>An instance as SSM knows it.</summary>
/// <param name="InstanceId">Its id.</param>
/// <param name="IsOnline">Whether its agent answers.</param>
/// <param name="AgentVersion">Version of the agent, or null.</param>
public sealed record ManagedInstance(string InstanceId, bool IsOnline, string? AgentVersion);
