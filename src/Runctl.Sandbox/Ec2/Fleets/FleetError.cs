namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>Why a pool gave nothing, or less than wanted.</summary>
internal sealed record FleetError(FleetPool Pool, string Lifecycle, string Code, string Message);
