using System.Collections.Immutable;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>What a launch template, or RunInstances, says; null is what it leaves open.</summary>
internal sealed record LaunchSpecification
{
    public string? ImageId { get; init; }

    public string? InstanceType { get; init; }

    public string? KeyName { get; init; }

    public string? SubnetId { get; init; }

    public string? AvailabilityZone { get; init; }

    public string? ProfileName { get; init; }

    public string? ProfileArn { get; init; }

    public byte[]? UserData { get; init; }

    public ImmutableArray<string> SecurityGroupIds { get; init; } = [];

    public int? VolumeSize { get; init; }

    public string? ShutdownBehavior { get; init; }

    public string? HttpTokens { get; init; }

    public int? HttpHopLimit { get; init; }

    public string? HttpEndpoint { get; init; }

    public string? MetadataTags { get; init; }

    /// <summary>Null is on-demand, or what a fleet makes of it.</summary>
    public SpotOrder? Spot { get; init; }

    /// <summary>Tags by the type of resource.</summary>
    public ImmutableDictionary<string, TagSet> Tags { get; init; } = ImmutableDictionary<string, TagSet>.Empty;

    /// <summary>The tags of one type of resource.</summary>
    public TagSet TagsOf(string resourceType) => Tags.GetValueOrDefault(resourceType) ?? TagSet.Empty;

    /// <summary>Tags for one type of resource.</summary>
    public static ImmutableDictionary<string, TagSet> TagsFor(string resourceType, TagSet tags) =>
        ImmutableDictionary<string, TagSet>.Empty.Add(resourceType, tags);

    /// <summary>This over what a template says: what is said here wins, tags are joined.</summary>
    public LaunchSpecification Over(LaunchSpecification template) => new()
    {
        ImageId = ImageId ?? template.ImageId,
        InstanceType = InstanceType ?? template.InstanceType,
        KeyName = KeyName ?? template.KeyName,
        SubnetId = SubnetId ?? template.SubnetId,
        AvailabilityZone = AvailabilityZone ?? template.AvailabilityZone,
        ProfileName = ProfileName ?? (ProfileArn is null ? template.ProfileName : null),
        ProfileArn = ProfileArn ?? (ProfileName is null ? template.ProfileArn : null),
        UserData = UserData ?? template.UserData,
        SecurityGroupIds = SecurityGroupIds.IsEmpty ? template.SecurityGroupIds : SecurityGroupIds,
        VolumeSize = VolumeSize ?? template.VolumeSize,
        ShutdownBehavior = ShutdownBehavior ?? template.ShutdownBehavior,
        HttpTokens = HttpTokens ?? template.HttpTokens,
        HttpHopLimit = HttpHopLimit ?? template.HttpHopLimit,
        HttpEndpoint = HttpEndpoint ?? template.HttpEndpoint,
        MetadataTags = MetadataTags ?? template.MetadataTags,
        Spot = Spot ?? template.Spot,
        Tags = template.Tags.SetItems(Tags.Select(pair => KeyValuePair.Create(pair.Key, template.TagsOf(pair.Key).With(pair.Value)))),
    };
}
