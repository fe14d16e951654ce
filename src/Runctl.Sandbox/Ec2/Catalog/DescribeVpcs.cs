using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Catalog;

/// <summary>DescribeVpcs.</summary>
internal sealed class DescribeVpcs : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var ids = parameters.List("VpcId");
        var filters = Ec2Filters.Read(parameters, "is-default", "isDefault", "vpc-id", "state", "cidr", "owner-id", "tag");
        if (ids.FirstOrDefault(id => id != NetworkTable.VpcId) is { } unknown)
        {
            throw new Ec2Exception("InvalidVpcID.NotFound", $"The vpc ID '{unknown}' does not exist");
        }

        IReadOnlyList<string> vpcs = filters.Match(name => Value(name)) ? [NetworkTable.VpcId] : [];
        yield return List("vpcSet", vpcs, id =>
        [
            Text("vpcId", id),
            Text("ownerId", NetworkTable.OwnerId),
            Text("state", "available"),
            Text("cidrBlock", NetworkTable.VpcCidr),
            Text("dhcpOptionsId", Ids.Derive("dopt", id)),
            Text("instanceTenancy", "default"),
            Flag("isDefault", true),
        ]);
    }

    private static string Value(string filter) => filter switch
    {
        "vpc-id" => NetworkTable.VpcId,
        "state" => "available",
        "cidr" => NetworkTable.VpcCidr,
        "owner-id" => NetworkTable.OwnerId,
        _ => "true",
    };
}
