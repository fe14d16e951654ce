namespace Runctl.Ports;

/// <summary>What CreateFleet launched, and why the other pools gave nothing.</summary>
/// <param name="InstanceIds">Launched instances.</param>
/// <param name="Errors">Errors by pool.</param>
public sealed record FleetAnswer(IReadOnlyList<string> InstanceIds, IReadOnlyList<PoolError> Errors);
