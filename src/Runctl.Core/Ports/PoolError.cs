namespace Runctl.Ports;

/// <summary>Why one capacity pool gave nothing.</summary>
/// <param name="Code">EC2's code, for example <c>InsufficientInstanceCapacity</c>.</param>
/// <param name="Message">EC2's text.</param>
/// <param name="InstanceType">Type of the pool, or null.</param>
/// <param name="SubnetId">Subnet of the pool, or null.</param>
/// <param name="AvailabilityZone">Zone of the pool, or null.</param>
public sealed record PoolError(string Code, string Message, string? InstanceType, string? SubnetId, string? AvailabilityZone);
