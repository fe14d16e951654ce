using System.Globalization;
using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Catalog;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Lifecycle;

/// <summary>An instance as EC2 writes it.</summary>
internal static class InstanceXml
{
    /// <summary>A reservation: what one launch made of it.</summary>
    public static IEnumerable<XElement?> Reservation(string reservationId, IEnumerable<InstanceRecord> records) =>
    [
        Text("reservationId", reservationId),
        Text("ownerId", NetworkTable.OwnerId),
        Node("groupSet"),
        List("instancesSet", records.Select((record, index) => (record, index)), item => Instance(item.record, item.index)),
    ];

    /// <summary>A state.</summary>
    public static XElement State(string name, InstanceState state) =>
        Node(name, Number("code", (int)state), Text("name", state.Name()));

    /// <summary>What an action changed.</summary>
    public static XElement Changes(IEnumerable<(InstanceRecord Record, InstanceState Previous)> changes) =>
        List("instancesSet", changes, change =>
        [
            Text("instanceId", change.Record.InstanceId),
            State("currentState", change.Record.State),
            State("previousState", change.Previous),
        ]);

    private static IEnumerable<XElement?> Instance(InstanceRecord record, int index)
    {
        // A terminated instance has lost its network and disk and is only a memory.
        var state = record.State;
        var alive = state != InstanceState.Terminated;
        IReadOnlyList<InstanceRecord> part = alive ? [record] : [];
        var type = InstanceTypeTable.Find(record.InstanceType);
        return
        [
            Text("instanceId", record.InstanceId),
            Text("imageId", record.ImageId),
            State("instanceState", state),
            Text("privateDnsName", alive ? record.PrivateDnsName : ""),
            Text("dnsName", ""),
            Text("reason", TransitionReason(record)),
            Text("keyName", record.Order.KeyName),
            Number("amiLaunchIndex", index),
            Node("productCodes"),
            Text("instanceType", record.InstanceType),
            Time("launchTime", record.LaunchTime),
            Node("placement",
                Text("availabilityZone", record.AvailabilityZone),
                Text("groupName", ""),
                Text("tenancy", "default")),
            Node("monitoring", Text("state", "disabled")),
            Text("subnetId", alive ? record.SubnetId : null),
            Text("vpcId", alive ? NetworkTable.VpcId : null),
            Text("privateIpAddress", alive ? record.PrivateIp : null),
            Flag("sourceDestCheck", alive ? true : null),
            alive ? Groups(record) : Node("groupSet"),
            record.StateReason is { } reason ? Node("stateReason", Text("code", reason.Code), Text("message", reason.Message)) : null,
            Text("architecture", type?.Architecture ?? "x86_64"),
            Text("rootDeviceType", "ebs"),
            Text("rootDeviceName", MachineImage.RootDeviceName),
            List("blockDeviceMapping", part, Volume),
            Text("virtualizationType", "hvm"),
            Text("hypervisor", "xen"),
            Text("clientToken", record.Order.ClientToken ?? ""),
            Text("instanceLifecycle", record.IsSpot ? "spot" : null),
            Text("spotInstanceRequestId", record.SpotRequestId),
            Tags("tagSet", record.Tags),
            List("networkInterfaceSet", part, Interface),
            record.ProfileName is { } profile && alive
                ? Node("iamInstanceProfile", Text("arn", InstanceProfiles.Arn(profile)), Text("id", InstanceProfiles.Id(profile)))
                : null,
            Flag("ebsOptimized", false),
            Flag("enaSupport", true),
            Node("cpuOptions",
                Number("coreCount", type?.VCpus / type?.ThreadsPerCore),
                Number("threadsPerCore", type?.ThreadsPerCore)),
            Node("hibernationOptions", Flag("configured", record.Order.Spot?.InterruptionBehavior == "hibernate")),
            Node("metadataOptions",
                Text("state", state == InstanceState.Pending ? "pending" : "applied"),
                Text("httpTokens", record.Metadata.Tokens),
                Number("httpPutResponseHopLimit", record.Metadata.HopLimit),
                Text("httpEndpoint", record.Metadata.Enabled ? "enabled" : "disabled"),
                Text("instanceMetadataTags", record.Metadata.InstanceTags ? "enabled" : "disabled")),
            Text("platformDetails", "Linux/UNIX"),
            Text("usageOperation", "RunInstances"),
        ];
    }

    private static XElement Groups(InstanceRecord record) => List("groupSet", record.Order.SecurityGroupIds, id =>
        [Text("groupId", id), Text("groupName", NetworkTable.SecurityGroupName)]);

    private static IEnumerable<XElement?> Volume(InstanceRecord record) =>
    [
        Text("deviceName", MachineImage.RootDeviceName),
        Node("ebs",
            Text("volumeId", record.Volume.ResourceId),
            Text("status", "attached"),
            Time("attachTime", record.Created),
            Flag("deleteOnTermination", true)),
    ];

    private static IEnumerable<XElement?> Interface(InstanceRecord record) =>
    [
        Text("networkInterfaceId", record.Interface.ResourceId),
        Text("subnetId", record.SubnetId),
        Text("vpcId", NetworkTable.VpcId),
        Text("ownerId", NetworkTable.OwnerId),
        Text("status", "in-use"),
        Text("privateIpAddress", record.PrivateIp),
        Text("privateDnsName", record.PrivateDnsName),
        Flag("sourceDestCheck", true),
        Groups(record),
        Node("attachment",
            Text("attachmentId", Ids.Derive("eni-attach", record.InstanceId)),
            Number("deviceIndex", 0),
            Text("status", "attached"),
            Time("attachTime", record.Created),
            Flag("deleteOnTermination", true)),
        Text("interfaceType", "interface"),
    ];

    private static string TransitionReason(InstanceRecord record)
    {
        var when = record.Ended?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'GMT'", CultureInfo.InvariantCulture);
        return record.StateReason is not { } reason ? ""
            : reason == StateReason.User ? $"User initiated ({when})"
            : reason == StateReason.Instance ? "Instance initiated"
            : reason.Code;
    }
}
