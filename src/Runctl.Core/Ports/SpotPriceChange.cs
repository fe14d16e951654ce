namespace Runctl.Ports;

/// <summary>A spot price, and since when it holds.</summary>
/// <param name="InstanceType">Type.</param>
/// <param name="AvailabilityZone">Zone.</param>
/// <param name="Price">US dollars an hour.</param>
/// <param name="Since">UTC.</param>
public sealed record SpotPriceChange(string InstanceType, string AvailabilityZone, decimal Price, DateTimeOffset Since);
