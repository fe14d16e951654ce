namespace Runctl.Ports;

/// <summary>A spot request.</summary>
/// <param name="Id">Id.</param>
/// <param name="InstanceId">The instance that fulfils it, or the last that did, or null.</param>
/// <param name="IsPersistent">Whether it outlives its instance.</param>
/// <param name="State">open, active, closed, cancelled, disabled or failed.</param>
/// <param name="StatusCode">EC2's code, for example <c>instance-stopped-no-capacity</c>, or null.</param>
/// <param name="InterruptionBehavior">What EC2 does with the instance when it takes it: terminate, stop or hibernate; null where it does not say.</param>
public sealed record SpotRequestRecord(string Id, string? InstanceId, bool IsPersistent, string State, string? StatusCode, string? InterruptionBehavior = null);
