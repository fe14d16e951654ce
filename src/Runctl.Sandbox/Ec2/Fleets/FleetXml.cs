using System.Xml.Linq;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>Parts of a fleet as EC2 writes them, alike in CreateFleet and DescribeFleets.</summary>
internal static class FleetXml
{
    /// <summary>What the pools gave and what they did not.</summary>
    public static IEnumerable<XElement?> Outcome(Fleet fleet) =>
    [
        List("errorSet", fleet.Errors, error =>
        [
            Place(error.Pool),
            Text("lifecycle", error.Lifecycle),
            Text("errorCode", error.Code),
            Text("errorMessage", error.Message),
        ]),
        List("fleetInstanceSet", fleet.Launches, launch =>
        [
            Place(launch.Pool),
            Text("lifecycle", launch.Lifecycle),
            Texts("instanceIds", launch.Instances.Select(record => record.InstanceId)),
            Text("instanceType", launch.Instances[0].InstanceType),
        ]),
    ];

    /// <summary>A target's options.</summary>
    public static XElement Options(string name, FleetTarget target) => Node(name,
        Text("allocationStrategy", target.Strategy),
        target.IsSpot ? Text("instanceInterruptionBehavior", "terminate") : null,
        Flag("singleInstanceType", target.SingleInstanceType),
        Flag("singleAvailabilityZone", target.SingleAvailabilityZone),
        Number("minTargetCapacity", target.Minimum));

    /// <summary>A template.</summary>
    public static XElement Template(FleetPool pool) => Node("launchTemplateSpecification",
        Text("launchTemplateId", pool.Template.Id),
        Text("version", "1"));

    /// <summary>An override.</summary>
    public static XElement?[] Override(FleetPool pool) =>
    [
        Text("instanceType", pool.InstanceType),
        Text("maxPrice", pool.MaxPriceText),
        Text("subnetId", pool.SubnetId),
        Text("availabilityZone", pool.AvailabilityZone),
        Decimal("weightedCapacity", pool.WeightedCapacity),
        Decimal("priority", pool.Priority),
        Text("imageId", pool.ImageId),
    ];

    private static XElement Place(FleetPool pool) =>
        Node("launchTemplateAndOverrides", Template(pool), Node("overrides", Override(pool)));
}
