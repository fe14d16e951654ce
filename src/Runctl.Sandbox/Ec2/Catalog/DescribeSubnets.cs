using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Catalog;

/// <summary>DescribeSubnets.</summary>
internal sealed class DescribeSubnets(NetworkTable network) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var ids = parameters.List("SubnetId");
        var filters = Ec2Filters.Read(parameters, "default-for-az", "defaultForAz", "vpc-id", "subnet-id", "availability-zone",
            "availabilityZone", "availability-zone-id", "state", "cidr-block", "map-public-ip-on-launch", "owner-id", "tag");
        foreach (var id in ids)
        {
            Check(network, id);
        }

        var subnets = network.Subnets.Where(subnet => ids.Count == 0 || ids.Contains(subnet.SubnetId))
            .Where(subnet => filters.Match(name => Value(subnet, name)));
        var page = Ec2Page<Subnet>.Cut(parameters, [.. subnets]);
        yield return List("subnetSet", page.Items, Content);
        yield return page.Token;
    }

    /// <summary>A subnet that is named must be there.</summary>
    public static Subnet Check(NetworkTable network, string id) => network.Find(id)
        ?? throw new Ec2Exception("InvalidSubnetID.NotFound", $"The subnet ID '{id}' does not exist");

    private static string Value(Subnet subnet, string filter) => filter switch
    {
        "vpc-id" => NetworkTable.VpcId,
        "subnet-id" => subnet.SubnetId,
        "availability-zone" or "availabilityZone" => subnet.Zone,
        "availability-zone-id" => subnet.ZoneId,
        "state" => "available",
        "cidr-block" => subnet.Cidr,
        "owner-id" => NetworkTable.OwnerId,
        _ => "true",
    };

    private IEnumerable<XElement?> Content(Subnet subnet) =>
    [
        Text("subnetId", subnet.SubnetId),
        Text("subnetArn", $"arn:aws:ec2:{network.Region}:{NetworkTable.OwnerId}:subnet/{subnet.SubnetId}"),
        Text("state", "available"),
        Text("ownerId", NetworkTable.OwnerId),
        Text("vpcId", NetworkTable.VpcId),
        Text("cidrBlock", subnet.Cidr),
        Number("availableIpAddressCount", 4091),
        Text("availabilityZone", subnet.Zone),
        Text("availabilityZoneId", subnet.ZoneId),
        Flag("defaultForAz", true),
        Flag("mapPublicIpOnLaunch", true),
        Flag("assignIpv6AddressOnCreation", false),
    ];
}
