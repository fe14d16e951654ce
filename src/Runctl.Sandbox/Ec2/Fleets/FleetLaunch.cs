namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>What a pool gave.</summary>
internal sealed record FleetLaunch(FleetPool Pool, string Lifecycle, IReadOnlyList<InstanceRecord> Instances);
