using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Catalog;

/// <summary>DescribeInstanceTypeOfferings.</summary>
internal sealed class DescribeInstanceTypeOfferings(NetworkTable network) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var locationType = parameters.OneOf("LocationType", "region", "availability-zone", "availability-zone-id") ?? "region";
        var filters = Ec2Filters.Read(parameters, "instance-type", "location");
        var offerings =
            from type in InstanceTypeTable.All
            from location in Locations(type, locationType)
            where filters.Match(name => name == "location" ? location : type.Name)
            select (Type: type.Name, Location: location);
        var page = Ec2Page<(string Type, string Location)>.Cut(parameters, [.. offerings]);
        yield return List("instanceTypeOfferingSet", page.Items, offering =>
        [
            Text("instanceType", offering.Type),
            Text("locationType", locationType),
            Text("location", offering.Location),
        ]);
        yield return page.Token;
    }

    private IEnumerable<string> Locations(InstanceTypeInfo type, string locationType)
    {
        var subnets = network.Subnets.Where(subnet => type.IsOfferedIn(subnet.Zone));
        return locationType switch
        {
            "region" => [network.Region],
            "availability-zone" => subnets.Select(subnet => subnet.Zone),
            _ => subnets.Select(subnet => subnet.ZoneId),
        };
    }
}
