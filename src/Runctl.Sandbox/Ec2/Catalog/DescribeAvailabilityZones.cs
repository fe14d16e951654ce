using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Catalog;

/// <summary>DescribeAvailabilityZones.</summary>
internal sealed class DescribeAvailabilityZones(NetworkTable network) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var names = parameters.List("ZoneName");
        var ids = parameters.List("ZoneId");
        var filters = Ec2Filters.Read(parameters, "zone-name", "zone-id", "zone-type", "state", "region-name", "opt-in-status", "group-name");
        var unknown = names.Except(network.Subnets.Select(subnet => subnet.Zone))
            .Concat(ids.Except(network.Subnets.Select(subnet => subnet.ZoneId))).FirstOrDefault();
        if (unknown is not null)
        {
            throw new Ec2Exception("InvalidParameterValue", $"Invalid availability zone: [{unknown}]");
        }

        var zones = network.Subnets
            .Where(zone => names.Count == 0 || names.Contains(zone.Zone))
            .Where(zone => ids.Count == 0 || ids.Contains(zone.ZoneId))
            .Where(zone => filters.Match(name => Value(zone, name)));
        yield return List("availabilityZoneInfo", zones, zone =>
        [
            Text("zoneName", zone.Zone),
            Text("zoneId", zone.ZoneId),
            Text("zoneState", "available"),
            Text("zoneType", "availability-zone"),
            Text("regionName", network.Region),
            Text("groupName", network.Region),
            Text("networkBorderGroup", network.Region),
            Text("optInStatus", "opt-in-not-required"),
        ]);
    }

    private string Value(Subnet zone, string filter) => filter switch
    {
        "zone-name" => zone.Zone,
        "zone-id" => zone.ZoneId,
        "zone-type" => "availability-zone",
        "state" => "available",
        "opt-in-status" => "opt-in-not-required",
        _ => network.Region,
    };
}
