using Runctl.Sandbox.Ec2.Launching;

namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>A place a fleet may launch in: a template and one override of it.</summary>
internal sealed record FleetPool(LaunchTemplate Template)
{
    public string? InstanceType { get; init; }

    public string? SubnetId { get; init; }

    public string? AvailabilityZone { get; init; }

    public string? ImageId { get; init; }

    public string? MaxPriceText { get; init; }

    public decimal? MaxPrice { get; init; }

    public decimal? WeightedCapacity { get; init; }

    /// <summary>The lower, the sooner; the last where not given.</summary>
    public decimal? Priority { get; init; }

    /// <summary>What to launch here.</summary>
    public LaunchSpecification Specification(bool spot, TagSet instanceTags) =>
        new LaunchSpecification
        {
            InstanceType = InstanceType,
            SubnetId = SubnetId,
            AvailabilityZone = AvailabilityZone,
            ImageId = ImageId,
            Tags = LaunchSpecification.TagsFor("instance", instanceTags),
        }.Over(Template.Specification) with { Spot = spot ? new SpotOrder(MaxPrice: MaxPrice) : null };
}
