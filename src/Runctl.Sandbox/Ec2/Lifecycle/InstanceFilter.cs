using System.Globalization;
using Runctl.Sandbox.Ec2.Protocol;

namespace Runctl.Sandbox.Ec2.Lifecycle;

/// <summary>The filters of DescribeInstances.</summary>
internal static class InstanceFilter
{
    /// <summary>Reads them from a call.</summary>
    public static Ec2Filters Read(Ec2Parameters parameters) => Ec2Filters.Read(parameters, "instance-id", "instance-state-name",
        "instance-state-code", "instance-lifecycle", "instance-type", "image-id", "availability-zone", "subnet-id", "vpc-id",
        "spot-instance-request-id", "client-token", "private-ip-address", "private-dns-name", "iam-instance-profile.arn",
        "iam-instance-profile.name", "instance.group-id", "key-name", "reservation-id", "owner-id", "state-reason-code",
        "architecture", "tag");

    /// <summary>An instance's values for a filter.</summary>
    public static string? Value(InstanceRecord record, string name) => name switch
    {
        "instance-id" => record.InstanceId,
        "instance-state-name" => record.State.Name(),
        "instance-state-code" => ((int)record.State).ToString(CultureInfo.InvariantCulture),
        "instance-lifecycle" => record.IsSpot ? "spot" : null,
        "instance-type" => record.InstanceType,
        "image-id" => record.ImageId,
        "availability-zone" => record.AvailabilityZone,
        "subnet-id" => OnNetwork(record, record.SubnetId),
        "vpc-id" => OnNetwork(record, NetworkTable.VpcId),
        "spot-instance-request-id" => record.SpotRequestId,
        "client-token" => record.Order.ClientToken,
        "private-ip-address" => OnNetwork(record, record.PrivateIp),
        "private-dns-name" => OnNetwork(record, record.PrivateDnsName),
        "iam-instance-profile.arn" => record.ProfileName is { } profile ? InstanceProfiles.Arn(profile) : null,
        "iam-instance-profile.name" => record.ProfileName,
        "instance.group-id" => record.Order.SecurityGroupIds[0],
        "key-name" => record.Order.KeyName,
        "reservation-id" => record.Order.ReservationId,
        "owner-id" => NetworkTable.OwnerId,
        "state-reason-code" => record.StateReason?.Code,
        _ => ImageTable.Find(record.ImageId)?.Architecture,
    };

    private static string? OnNetwork(InstanceRecord record, string value) =>
        record.State == InstanceState.Terminated ? null : value;
}
