namespace Runctl.Sandbox;

/// <summary>An instance of a sandbox, for those who look at it from outside AWS's interfaces.</summary>
/// <param name="InstanceId">Its id.</param>
/// <param name="State">As DescribeInstances names it.</param>
/// <param name="RootDirectory">Its RUNCTL_ROOT on this machine, or null where it has none (any more).</param>
public sealed record SandboxInstance(string InstanceId, string State, string? RootDirectory);
