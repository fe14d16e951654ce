using System.Globalization;
using Amazon.EC2;
using Amazon.EC2.Model;
using Runctl.Instances;
using Runctl.Ports;
using LaunchTemplate = Runctl.Ports.LaunchTemplate;

namespace Runctl.Adapters.Aws;

/// <summary>What a launch looks like to EC2.</summary>
internal static class FleetMapping
{
    /// <summary>The launch template: what every instance of a launch has in common.</summary>
    public static CreateLaunchTemplateRequest Template(LaunchTemplate template) => new()
    {
        LaunchTemplateName = template.Name,
        ClientToken = template.Name,
        TagSpecifications = [new TagSpecification { ResourceType = ResourceType.LaunchTemplate, Tags = Ec2Mapping.Tags(template.Tags) }],
        LaunchTemplateData = new RequestLaunchTemplateData
        {
            ImageId = template.ImageId,
            IamInstanceProfile = template.IamInstanceProfile is not { } profile ? null
                : profile.StartsWith("arn:", StringComparison.Ordinal) ? new() { Arn = profile } : new() { Name = profile },
            SecurityGroupIds = template.SecurityGroupIds.Count == 0 ? null : [.. template.SecurityGroupIds],
            InstanceInitiatedShutdownBehavior = template.ShutdownStops ? ShutdownBehavior.Stop : ShutdownBehavior.Terminate,
            MetadataOptions = new()
            {
                HttpEndpoint = LaunchTemplateInstanceMetadataEndpointState.Enabled,
                HttpTokens = LaunchTemplateHttpTokensState.Required,
                HttpPutResponseHopLimit = 2,
            },
            BlockDeviceMappings =
            [
                new()
                {
                    DeviceName = template.RootDeviceName,
                    Ebs = new() { VolumeType = VolumeType.Gp3, Encrypted = true, DeleteOnTermination = true, VolumeSize = template.VolumeSizeGiB },
                },
            ],
            TagSpecifications = [.. TaggedTypes(template.Spot)
                .Select(type => new LaunchTemplateTagSpecificationRequest { ResourceType = type, Tags = Ec2Mapping.Tags(template.Tags) })],
        },
    };

    /// <summary>The call.</summary>
    public static CreateFleetRequest Request(FleetRequest request) => new()
    {
        Type = FleetType.Instant,
        ClientToken = request.ClientToken,
        LaunchTemplateConfigs =
        [
            new()
            {
                LaunchTemplateSpecification = new() { LaunchTemplateName = request.TemplateName, Version = "$Latest" },
                Overrides = [.. from type in request.InstanceTypes
                                from subnet in request.SubnetIds
                                where !request.Without.Contains((type, subnet))
                                select new FleetLaunchTemplateOverridesRequest
                                {
                                    InstanceType = type,
                                    SubnetId = subnet,
                                    MaxPrice = request.Spot ? request.MaxPrice?.ToString(CultureInfo.InvariantCulture) : null,
                                }],
            },
        ],
        TargetCapacitySpecification = new()
        {
            TotalTargetCapacity = request.Count,
            DefaultTargetCapacityType = request.Spot ? DefaultTargetCapacityType.Spot : DefaultTargetCapacityType.OnDemand,
        },
        SpotOptions = request.Spot
            ? new()
            {
                AllocationStrategy = SpotAllocationStrategy.PriceCapacityOptimized,
                InstanceInterruptionBehavior = SpotInstanceInterruptionBehavior.Terminate,
                SingleAvailabilityZone = Several(request, true),
                MinTargetCapacity = Several(request, request.Count),
            }
            : null,
        OnDemandOptions = request.Spot
            ? null
            : new()
            {
                AllocationStrategy = FleetOnDemandAllocationStrategy.LowestPrice,
                SingleAvailabilityZone = Several(request, true),
                MinTargetCapacity = Several(request, request.Count),
            },
        TagSpecifications = [new TagSpecification { ResourceType = ResourceType.Fleet, Tags = Ec2Mapping.Tags(request.Tags) }],
    };

    /// <summary>The call for a persistent request.</summary>
    public static RunInstancesRequest Request(SpotRunRequest request) => new()
    {
        LaunchTemplate = new() { LaunchTemplateName = request.TemplateName, Version = "$Latest" },
        ClientToken = request.ClientToken,
        InstanceType = request.InstanceType,
        SubnetId = request.SubnetId,
        MinCount = request.Count,
        MaxCount = request.Count,
        InstanceMarketOptions = new()
        {
            MarketType = MarketType.Spot,
            SpotOptions = new()
            {
                SpotInstanceType = SpotInstanceType.Persistent,
                InstanceInterruptionBehavior = request.InterruptionBehavior == RunctlInterruptionBehavior.Hibernate ? InstanceInterruptionBehavior.Hibernate : InstanceInterruptionBehavior.Stop,
                MaxPrice = request.MaxPrice?.ToString(CultureInfo.InvariantCulture),
            },
        },
    };

    /// <summary>The call that has EC2 judge a launch of one spot instance, and launches nothing. It has no template, as that would have to be made first.</summary>
    public static RunInstancesRequest Trial(LaunchTemplate template, string instanceType, string subnetId) => new()
    {
        DryRun = true,
        ImageId = template.ImageId,
        InstanceType = instanceType,
        SubnetId = subnetId,
        MinCount = 1,
        MaxCount = 1,
        IamInstanceProfile = template.IamInstanceProfile is not { } profile ? null
            : profile.StartsWith("arn:", StringComparison.Ordinal) ? new() { Arn = profile } : new() { Name = profile },
        SecurityGroupIds = template.SecurityGroupIds.Count == 0 ? null : [.. template.SecurityGroupIds],
        InstanceMarketOptions = new() { MarketType = MarketType.Spot },
        BlockDeviceMappings = template.VolumeSizeGiB is { } size ? [new() { DeviceName = template.RootDeviceName, Ebs = new() { VolumeSize = size } }] : null,
        TagSpecifications = [.. TaggedTypes(spot: true).Select(type => new TagSpecification { ResourceType = type, Tags = Ec2Mapping.Tags(template.Tags) })],
    };

    /// <summary>Why a pool gave nothing.</summary>
    public static PoolError Error(CreateFleetError error)
    {
        var pool = error.LaunchTemplateAndOverrides?.Overrides;
        return new PoolError(error.ErrorCode, error.ErrorMessage, pool?.InstanceType?.Value, pool?.SubnetId, pool?.AvailabilityZone);
    }

    private static ResourceType[] TaggedTypes(bool spot) => spot
        ? [ResourceType.Instance, ResourceType.Volume, ResourceType.NetworkInterface, ResourceType.SpotInstancesRequest]
        : [ResourceType.Instance, ResourceType.Volume, ResourceType.NetworkInterface];

    /// <summary>All or nothing has to be asked for where it can be something between, and EC2 grants it within one zone or one type only.</summary>
    private static T? Several<T>(FleetRequest request, T value)
        where T : struct => request.Count > 1 ? value : null;
}
