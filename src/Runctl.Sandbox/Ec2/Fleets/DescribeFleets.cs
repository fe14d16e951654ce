using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>DescribeFleets. Instant fleets are answered by their id only, as EC2 does.</summary>
internal sealed class DescribeFleets(FleetStore fleets) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var filters = Ec2Filters.Read(parameters, "fleet-state", "activity-status", "type",
            "excess-capacity-termination-policy", "replace-unhealthy-instances");
        var found = parameters.List("FleetId").Select(Get).Where(fleet => filters.Match(fleet.Tags, name => Value(fleet, name)));
        var page = Ec2Page<Fleet>.Cut(parameters, [.. found], min: 1);
        yield return List("fleetSet", page.Items, Content);
        yield return page.Token;
    }

    private static string Value(Fleet fleet, string filter) => filter switch
    {
        "fleet-state" => fleet.State.Replace('_', '-'),
        "type" => "instant",
        "activity-status" => "fulfilled",
        _ => "false",
    };

    private static IEnumerable<XElement?> Content(Fleet fleet) =>
    [
        Text("fleetId", fleet.Id),
        Time("createTime", fleet.Created),
        Text("fleetState", fleet.State),
        Text("clientToken", fleet.ClientToken),
        Text("type", "instant"),
        Decimal("fulfilledCapacity", fleet.Fulfilled("spot") + fleet.Fulfilled("on-demand")),
        Decimal("fulfilledOnDemandCapacity", fleet.Fulfilled("on-demand")),
        List("launchTemplateConfigs", fleet.Request.Pools.GroupBy(pool => pool.Template), group =>
        [
            FleetXml.Template(group.First()),
            List("overrides", group, FleetXml.Override),
        ]),
        Node("targetCapacitySpecification",
            Number("totalTargetCapacity", fleet.Request.Spot.Capacity + fleet.Request.OnDemand.Capacity),
            Number("onDemandTargetCapacity", fleet.Request.OnDemand.Capacity),
            Number("spotTargetCapacity", fleet.Request.Spot.Capacity),
            Text("defaultTargetCapacityType", fleet.Request.DefaultType)),
        FleetXml.Options("spotOptions", fleet.Request.Spot),
        FleetXml.Options("onDemandOptions", fleet.Request.OnDemand),
        Tags("tagSet", fleet.Tags),
        .. FleetXml.Outcome(fleet),
    ];

    private Fleet Get(string id) => fleets.Find(id)
        ?? throw new Ec2Exception("InvalidFleetId.NotFound", $"The fleet ID '{id}' does not exist");
}
