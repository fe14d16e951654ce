using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Catalog;

/// <summary>DescribeSecurityGroups: the default group, which lets nothing in but itself and everything out.</summary>
internal sealed class DescribeSecurityGroups : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var filters = Ec2Filters.Read(parameters, "group-id", "group-name", "vpc-id", "owner-id", "description", "tag");
        foreach (var id in parameters.List("GroupId"))
        {
            Check(id);
        }

        if (parameters.List("GroupName").FirstOrDefault(name => name != NetworkTable.SecurityGroupName) is { } unknown)
        {
            throw new Ec2Exception("InvalidGroup.NotFound", $"The security group '{unknown}' does not exist in default VPC '{NetworkTable.VpcId}'");
        }

        IReadOnlyList<string> groups = filters.Match(name => Value(name)) ? [NetworkTable.SecurityGroupId] : [];
        yield return List("securityGroupInfo", groups, id =>
        [
            Text("ownerId", NetworkTable.OwnerId),
            Text("groupId", id),
            Text("groupName", NetworkTable.SecurityGroupName),
            Text("groupDescription", "default VPC security group"),
            Text("vpcId", NetworkTable.VpcId),
            List("ipPermissions", [id], group =>
            [
                Text("ipProtocol", "-1"),
                List("groups", [group], self => [Text("userId", NetworkTable.OwnerId), Text("groupId", self)]),
            ]),
            List("ipPermissionsEgress", [id], _ =>
            [
                Text("ipProtocol", "-1"),
                List("ipRanges", ["0.0.0.0/0"], range => [Text("cidrIp", range)]),
            ]),
        ]);
    }

    /// <summary>A group that is named must be there.</summary>
    public static void Check(string id)
    {
        if (id != NetworkTable.SecurityGroupId)
        {
            throw Ids.IsWellFormed("sg", id)
                ? new Ec2Exception("InvalidGroup.NotFound", $"The security group '{id}' does not exist")
                : new Ec2Exception("InvalidGroupId.Malformed", $"Invalid id: \"{id}\" (expecting \"sg-...\")");
        }
    }

    private static string Value(string filter) => filter switch
    {
        "group-id" => NetworkTable.SecurityGroupId,
        "group-name" => NetworkTable.SecurityGroupName,
        "vpc-id" => NetworkTable.VpcId,
        "owner-id" => NetworkTable.OwnerId,
        _ => "default VPC security group",
    };
}
