namespace Runctl.Ports;

/// <summary>A spot price.</summary>
/// <param name="InstanceType">Type.</param>
/// <param name="AvailabilityZone">Zone.</param>
/// <param name="Price">US dollars an hour.</param>
public sealed record SpotPriceRecord(string InstanceType, string AvailabilityZone, decimal Price);
