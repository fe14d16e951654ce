using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Catalog;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Lifecycle;

/// <summary>DescribeSpotInstanceRequests.</summary>
internal sealed class DescribeSpotInstanceRequests(InstanceRegistry registry) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var filters = Ec2Filters.Read(parameters, "spot-instance-request-id", "instance-id", "state", "status-code", "type",
            "launch.instance-type", "launch.image-id", "launched-availability-zone", "product-description", "tag");
        var found = SpotRequestLookup.Find(registry, parameters)
            .Where(request => filters.Match(request.Tags, name => Value(request, name)));
        var page = Ec2Page<SpotRequest>.Cut(parameters, [.. found]);
        yield return List("spotInstanceRequestSet", page.Items, Content);
        yield return page.Token;
    }

    private static string? Value(SpotRequest request, string filter) => filter switch
    {
        "spot-instance-request-id" => request.Id,
        "instance-id" => request.Instance.InstanceId,
        "state" => request.Status.State,
        "status-code" => request.Status.Code,
        "type" => TypeOf(request),
        "launch.instance-type" => request.Instance.InstanceType,
        "launch.image-id" => request.Instance.ImageId,
        "launched-availability-zone" => request.Instance.AvailabilityZone,
        _ => "Linux/UNIX",
    };

    private static string TypeOf(SpotRequest request) => request.Order.Persistent ? "persistent" : "one-time";

    private static IEnumerable<XElement?> Content(SpotRequest request)
    {
        var status = request.Status;
        var instance = request.Instance;
        return
        [
            Text("spotInstanceRequestId", request.Id),
            Decimal("spotPrice", request.Order.MaxPrice ?? InstanceTypeTable.Find(instance.InstanceType)?.OnDemandPrice),
            Text("type", TypeOf(request)),
            Text("state", status.State),
            Node("status", Text("code", status.Code), Time("updateTime", status.Time), Text("message", status.Message)),
            Node("launchSpecification",
                Text("imageId", instance.ImageId),
                Text("keyName", instance.Order.KeyName),
                List("groupSet", instance.Order.SecurityGroupIds, id =>
                    [Text("groupId", id), Text("groupName", NetworkTable.SecurityGroupName)]),
                Text("instanceType", instance.InstanceType),
                Text("subnetId", instance.SubnetId),
                Node("placement", Text("availabilityZone", instance.AvailabilityZone)),
                instance.ProfileName is { } profile
                    ? Node("iamInstanceProfile", Text("arn", InstanceProfiles.Arn(profile)), Text("name", profile))
                    : null),
            Text("instanceId", instance.InstanceId),
            Time("createTime", request.Created),
            Text("productDescription", "Linux/UNIX"),
            Tags("tagSet", request.Tags),
            Text("launchedAvailabilityZone", instance.AvailabilityZone),
            Text("instanceInterruptionBehavior", request.Order.InterruptionBehavior),
        ];
    }
}
