namespace Runctl.Ports;

/// <summary>A subnet.</summary>
/// <param name="SubnetId">Its id.</param>
/// <param name="AvailabilityZone">Its zone.</param>
/// <param name="VpcId">Its network.</param>
public sealed record SubnetRecord(string SubnetId, string AvailabilityZone, string? VpcId);
