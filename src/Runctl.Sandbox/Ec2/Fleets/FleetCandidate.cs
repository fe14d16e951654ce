using Runctl.Sandbox.Ec2.Catalog;

namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>A pool that has been looked at.</summary>
/// <param name="Pool">Which.</param>
/// <param name="Order">What would be launched, or null where it cannot be.</param>
/// <param name="Price">USD per hour and unit.</param>
/// <param name="Room">How many instances it gives.</param>
/// <param name="Error">What it says beyond those, or null.</param>
internal sealed record FleetCandidate(FleetPool Pool, InstanceOrder? Order, decimal Price, int Room, FleetError? Error)
{
    /// <summary>vCPUs of one instance; 0 where nothing can be launched.</summary>
    public int VCpus => Order is null ? 0 : InstanceTypeTable.Find(Order.InstanceType)?.VCpus ?? 0;

    public decimal Weight => Pool.WeightedCapacity ?? 1;

    /// <summary>How many instances it takes for some units.</summary>
    public int Needed(decimal units) => (int)decimal.Ceiling(units / Weight);
}
