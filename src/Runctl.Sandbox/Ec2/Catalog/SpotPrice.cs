namespace Runctl.Sandbox.Ec2.Catalog;

/// <summary>A spot price in USD per hour and since when it holds.</summary>
internal sealed record SpotPrice(string InstanceType, string Zone, decimal Price, DateTimeOffset Since);
