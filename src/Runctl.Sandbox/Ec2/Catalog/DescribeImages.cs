using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Catalog;

/// <summary>DescribeImages.</summary>
internal sealed class DescribeImages : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var ids = parameters.List("ImageId");
        var owners = parameters.List("Owner");
        var filters = Ec2Filters.Read(parameters, "image-id", "name", "architecture", "owner-id", "state", "root-device-type",
            "root-device-name", "virtualization-type", "is-public", "image-type", "hypervisor", "owner-alias", "tag");
        foreach (var id in ids)
        {
            Check(id);
        }

        var images = ImageTable.All
            .Where(image => ids.Count == 0 || ids.Contains(image.ImageId))
            .Where(image => owners.Count == 0 || owners.Contains(image.OwnerId) || (owners.Contains("amazon") && IsAmazon(image)))
            .Where(image => filters.Match(name => Value(image, name)));
        var page = Ec2Page<MachineImage>.Cut(parameters, [.. images], min: 1);
        yield return List("imagesSet", page.Items, Content);
        yield return page.Token;
    }

    /// <summary>An image that is named must be there.</summary>
    public static MachineImage Check(string id) => ImageTable.Find(id) ?? throw (Ids.IsWellFormed("ami", id)
        ? new Ec2Exception("InvalidAMIID.NotFound", $"The image id '[{id}]' does not exist")
        : new Ec2Exception("InvalidAMIID.Malformed", $"Invalid id: \"{id}\" (expecting \"ami-...\")"));

    private static bool IsAmazon(MachineImage image) => image.OwnerId == "898082745236";

    private static string? Value(MachineImage image, string filter) => filter switch
    {
        "image-id" => image.ImageId,
        "name" => image.Name,
        "architecture" => image.Architecture,
        "owner-id" => image.OwnerId,
        "state" => "available",
        "root-device-type" => "ebs",
        "root-device-name" => MachineImage.RootDeviceName,
        "virtualization-type" => "hvm",
        "is-public" => "true",
        "image-type" => "machine",
        "hypervisor" => "xen",
        _ => IsAmazon(image) ? "amazon" : null,
    };

    private static IEnumerable<XElement?> Content(MachineImage image) =>
    [
        Text("imageId", image.ImageId),
        Text("imageLocation", $"{image.OwnerId}/{image.Name}"),
        Text("imageState", "available"),
        Text("imageOwnerId", image.OwnerId),
        Text("imageOwnerAlias", IsAmazon(image) ? "amazon" : null),
        Text("creationDate", "2026-01-15T08:00:00.000Z"),
        Flag("isPublic", true),
        Text("architecture", image.Architecture),
        Text("imageType", "machine"),
        Text("platformDetails", "Linux/UNIX"),
        Text("usageOperation", "RunInstances"),
        Text("name", image.Name),
        Text("rootDeviceType", "ebs"),
        Text("rootDeviceName", MachineImage.RootDeviceName),
        List("blockDeviceMapping", [image], _ =>
        [
            Text("deviceName", MachineImage.RootDeviceName),
            Node("ebs",
                Text("snapshotId", Ids.Derive("snap", image.ImageId)),
                Number("volumeSize", image.VolumeSize),
                Flag("deleteOnTermination", true),
                Text("volumeType", "gp3"),
                Flag("encrypted", false)),
        ]),
        Text("virtualizationType", "hvm"),
        Text("hypervisor", "xen"),
        Flag("enaSupport", true),
        Text("imdsSupport", "v2.0"),
        Text("bootMode", image.Architecture == "arm64" ? "uefi" : "uefi-preferred"),
    ];
}
