namespace Runctl.Instances;

/// <summary>A capacity pool of EC2: one type in one zone.</summary>
internal sealed record InstancePool(string InstanceType, string AvailabilityZone);
