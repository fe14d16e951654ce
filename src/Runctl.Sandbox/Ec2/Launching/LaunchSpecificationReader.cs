using System.Collections.Immutable;
using Runctl.Sandbox.Ec2.Protocol;
using Runctl.Sandbox.Ec2.Tagging;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>Reads a launch specification; LaunchTemplateData and RunInstances name things alike.</summary>
internal static class LaunchSpecificationReader
{
    private const int MaxUserData = 16 * 1024;
    private const int MaxHops = 64;

    /// <summary>Reads what is there and checks its form; whether it exists is checked at launch, as EC2 does.</summary>
    public static LaunchSpecification Read(Ec2Parameters parameters)
    {
        var network = parameters.Branches("NetworkInterface") is [var first, ..] ? first : null;
        var metadata = parameters.Branch("MetadataOptions");
        return new LaunchSpecification
        {
            ImageId = parameters["ImageId"],
            InstanceType = parameters["InstanceType"],
            KeyName = parameters["KeyName"],
            SubnetId = parameters["SubnetId"] ?? network?["SubnetId"],
            AvailabilityZone = parameters["Placement.AvailabilityZone"],
            ProfileName = parameters["IamInstanceProfile.Name"],
            ProfileArn = parameters["IamInstanceProfile.Arn"],
            UserData = UserData(parameters["UserData"]),
            SecurityGroupIds = [.. parameters.List("SecurityGroupId").Concat(network?.List("SecurityGroupId") ?? [])],
            VolumeSize = parameters.Branches("BlockDeviceMapping")
                .Where(mapping => mapping["DeviceName"] == MachineImage.RootDeviceName)
                .Select(mapping => mapping.Int("Ebs.VolumeSize", min: 1, max: 65536)).FirstOrDefault(),
            ShutdownBehavior = parameters.OneOf("InstanceInitiatedShutdownBehavior", "stop", "terminate"),
            HttpTokens = metadata.OneOf("HttpTokens", "optional", "required"),
            HttpHopLimit = metadata.Int("HttpPutResponseHopLimit", min: 1, max: MaxHops),
            HttpEndpoint = metadata.OneOf("HttpEndpoint", "enabled", "disabled"),
            MetadataTags = metadata.OneOf("InstanceMetadataTags", "enabled", "disabled"),
            Spot = Spot(parameters.Branch("InstanceMarketOptions")),
            Tags = TagReader.Specifications(parameters, "instance", "volume", "network-interface", "spot-instances-request")
                .ToImmutableDictionary(StringComparer.Ordinal),
        };
    }

    private static SpotOrder? Spot(Ec2Parameters market)
    {
        if (market.OneOf("MarketType", "spot") is null)
        {
            return market.Has("SpotOptions") ? throw Ec2Errors.Missing("InstanceMarketOptions.MarketType") : null;
        }

        var options = market.Branch("SpotOptions");
        var persistent = options.OneOf("SpotInstanceType", "one-time", "persistent") == "persistent";
        var behavior = options.OneOf("InstanceInterruptionBehavior", "terminate", "stop", "hibernate") ?? "terminate";
        return persistent || behavior == "terminate"
            ? new SpotOrder(persistent, behavior, SpotMaxPrice.Read(options))
            : throw new Ec2Exception("InvalidParameterCombination",
                $"The instance interruption behavior '{behavior}' is supported by persistent Spot Instance requests only.");
    }

    private static byte[]? UserData(string? base64)
    {
        if (base64 is null)
        {
            return null;
        }

        var bytes = new byte[base64.Length];
        return !Convert.TryFromBase64String(base64, bytes, out var count)
            ? throw new Ec2Exception("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
            : count <= MaxUserData ? bytes[..count]
            : throw new Ec2Exception("InvalidParameterValue", "User data is limited to 16384 bytes");
    }
}
