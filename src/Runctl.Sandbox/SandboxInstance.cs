namespace Runctl.Sandbox;

/// <summary>An instance of a sandbox at one moment.</summary>
/// <param name="InstanceId">Its id.</param>
/// <param name="State">pending, running, shutting-down, terminated, stopping or stopped.</param>
/// <param name="InstanceType">E.g. g5.xlarge.</param>
/// <param name="AvailabilityZone">E.g. us-east-1a.</param>
/// <param name="IsSpot">Whether it can be interrupted.</param>
/// <param name="RootDirectory">Its RUNCTL_ROOT; null before it has one and after it is gone.</param>
public sealed record SandboxInstance(
    string InstanceId, string State, string InstanceType, string AvailabilityZone, bool IsSpot, string? RootDirectory);
