using System.Globalization;
using Runctl.Sandbox.Ec2.Catalog;
using Runctl.Sandbox.Ec2.Lifecycle;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>Makes an order out of a specification: everything it names must exist and go together.</summary>
internal sealed class LaunchPlanner(SandboxOptions options, NetworkTable network, TimeProvider clock)
{
    /// <summary>Checks and completes a specification.</summary>
    /// <exception cref="Ec2Exception">Why it cannot be launched.</exception>
    public InstanceOrder Plan(LaunchSpecification wanted, string reservationId, string? clientToken)
    {
        var image = DescribeImages.Check(wanted.ImageId ?? throw Ec2Errors.Missing("ImageId"));
        var type = InstanceTypeTable.Find(wanted.InstanceType ?? "m5.large")
            ?? throw Ec2Errors.Invalid("instanceType", wanted.InstanceType!);
        var subnet = SubnetOf(wanted, type);
        if (type.Architecture != image.Architecture)
        {
            throw new Ec2Exception("InvalidParameterValue", $"The architecture '{type.Architecture}' of the specified instance type does "
                + $"not match the architecture '{image.Architecture}' of the specified AMI. Specify an instance type and an AMI that "
                + "have matching architectures, and try again.");
        }

        if (wanted.VolumeSize < image.VolumeSize)
        {
            throw new Ec2Exception("InvalidBlockDeviceMapping",
                $"Volume of size {wanted.VolumeSize}GB is smaller than snapshot '{Ids.Derive("snap", image.ImageId)}', expect size >= {image.VolumeSize}GB");
        }

        foreach (var group in wanted.SecurityGroupIds)
        {
            DescribeSecurityGroups.Check(group);
        }

        CheckSpot(wanted, type, subnet);
        return new InstanceOrder
        {
            InstanceType = type.Name,
            ImageId = image.ImageId,
            SubnetId = subnet.SubnetId,
            AvailabilityZone = subnet.Zone,
            ReservationId = reservationId,
            Spot = wanted.Spot is { } spot ? spot with { Tags = wanted.TagsOf("spot-instances-request") } : null,
            SecurityGroupIds = wanted.SecurityGroupIds.IsEmpty ? [NetworkTable.SecurityGroupId] : wanted.SecurityGroupIds,
            ProfileName = InstanceProfiles.Resolve(wanted.ProfileName, wanted.ProfileArn, [options.InstanceProfile, .. options.OtherInstanceProfiles]),
            KeyName = wanted.KeyName,
            UserData = wanted.UserData,
            Metadata = new MetadataOptions(wanted.HttpTokens ?? "required", wanted.HttpHopLimit ?? 1,
                wanted.HttpEndpoint != "disabled", wanted.MetadataTags == "enabled"),
            ShutdownTerminates = wanted.ShutdownBehavior == "terminate",
            VolumeSize = wanted.VolumeSize ?? image.VolumeSize,
            ClientToken = clientToken,
            Tags = wanted.TagsOf("instance"),
            VolumeTags = wanted.TagsOf("volume"),
            InterfaceTags = wanted.TagsOf("network-interface"),
        };
    }

    private void CheckSpot(LaunchSpecification wanted, InstanceTypeInfo type, Subnet subnet)
    {
        if (wanted.Spot is null && wanted.TagsOf("spot-instances-request").Count > 0)
        {
            throw new Ec2Exception("InvalidParameterValue", "You cannot specify tags for Spot instances requests if there are no Spot "
                + "instances requests being created by the request.");
        }

        if (wanted.Spot?.MaxPrice is { } limit && SpotPrices.At(type, subnet.Zone, clock.GetUtcNow()) is var price && limit < price)
        {
            throw new Ec2Exception("SpotMaxPriceTooLow", string.Create(CultureInfo.InvariantCulture,
                $"Your Spot request price of {limit} is lower than the minimum required Spot request fulfillment price of {price}."));
        }
    }

    private Subnet SubnetOf(LaunchSpecification wanted, InstanceTypeInfo type)
    {
        var subnet = wanted.SubnetId is { } id ? DescribeSubnets.Check(network, id)
            : wanted.AvailabilityZone is { } zone
                ? network.Subnets.FirstOrDefault(candidate => candidate.Zone == zone) ?? throw new Ec2Exception(
                    "InvalidParameterValue", $"Invalid availability zone: [{zone}]")
            : network.Subnets.First(candidate => type.IsOfferedIn(candidate.Zone));
        return type.IsOfferedIn(subnet.Zone) ? subnet : throw new Ec2Exception("Unsupported",
            $"Your requested instance type ({type.Name}) is not supported in your requested Availability Zone ({subnet.Zone}).");
    }
}
