using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Lifecycle;

/// <summary>DescribeVolumes, of the root volumes of instances that are not gone.</summary>
internal sealed class DescribeVolumes(InstanceRegistry registry) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var ids = parameters.List("VolumeId");
        var filters = Ec2Filters.Read(parameters, "volume-id", "attachment.instance-id", "availability-zone", "tag");
        var volumes = registry.All.Where(record => record.State != InstanceState.Terminated).ToList();
        var unknown = ids.Except(volumes.Select(record => record.Volume.ResourceId)).FirstOrDefault();
        if (unknown is not null)
        {
            throw new Ec2Exception("InvalidVolume.NotFound", $"The volume '{unknown}' does not exist.");
        }

        var found = volumes.Where(record => ids.Count == 0 || ids.Contains(record.Volume.ResourceId))
            .Where(record => filters.Match(record.Volume.Tags, name => Value(record, name)));
        var page = Ec2Page<InstanceRecord>.Cut(parameters, [.. found]);
        yield return List("volumeSet", page.Items, Content);
        yield return page.Token;
    }

    private static string? Value(InstanceRecord record, string filter) => filter switch
    {
        "volume-id" => record.Volume.ResourceId,
        "attachment.instance-id" => record.InstanceId,
        _ => record.AvailabilityZone,
    };

    private static IEnumerable<XElement?> Content(InstanceRecord record) =>
    [
        Text("volumeId", record.Volume.ResourceId),
        Number("size", record.Order.VolumeSize),
        Text("availabilityZone", record.AvailabilityZone),
        Text("status", "in-use"),
        Time("createTime", record.Created),
        List("attachmentSet", [record], one =>
        [
            Text("volumeId", one.Volume.ResourceId),
            Text("instanceId", one.InstanceId),
            Text("device", MachineImage.RootDeviceName),
            Text("status", "attached"),
            Time("attachTime", one.Created),
            Flag("deleteOnTermination", true),
        ]),
        Tags("tagSet", record.Volume.Tags),
        Text("volumeType", "gp3"),
    ];
}
