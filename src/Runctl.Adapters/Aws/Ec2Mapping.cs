using System.Globalization;
using Amazon.EC2.Model;
using Runctl.Instances;
using Runctl.Ports;

namespace Runctl.Adapters.Aws;

/// <summary>Between EC2's types and ours.</summary>
internal static class Ec2Mapping
{
    /// <summary>A query as filters.</summary>
    public static List<Filter> Filters(InstanceQuery query, IReadOnlyList<string> ids)
    {
        var filters = Filters("instance-id", ids, query.Tags);
        if (query.States.Count > 0)
        {
            filters.Add(new Filter("instance-state-name", [.. query.States]));
        }

        return filters;
    }

    /// <summary>Ids and tags as filters.</summary>
    public static List<Filter> Filters(string idFilter, IReadOnlyList<string> ids, IReadOnlyDictionary<string, string?> tags)
    {
        var filters = tags.Select(t => t.Value is null ? new Filter("tag-key", [t.Key]) : new Filter("tag:" + t.Key, [t.Value])).ToList();
        if (ids.Count > 0)
        {
            filters.Add(new Filter(idFilter, [.. ids]));
        }

        return filters;
    }

    /// <summary>A spot price.</summary>
    public static SpotPriceChange Price(SpotPrice price) => new(
        price.InstanceType.Value,
        price.AvailabilityZone,
        decimal.Parse(price.Price, CultureInfo.InvariantCulture),
        price.Timestamp is { } since ? new DateTimeOffset(since.ToUniversalTime()) : DateTimeOffset.MinValue);

    /// <summary>A spot request.</summary>
    public static SpotRequestRecord SpotRequest(SpotInstanceRequest request) => new(
        request.SpotInstanceRequestId, Known(request.InstanceId), request.Type == Amazon.EC2.SpotInstanceType.Persistent, request.State?.Value ?? "", Known(request.Status?.Code), Known(request.InstanceInterruptionBehavior?.Value));

    /// <summary>An instance.</summary>
    public static RunctlInstance Instance(Instance instance, AwsCloud cloud)
    {
        var tags = (instance.Tags ?? []).ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal);
        return new RunctlInstance
        {
            InstanceId = instance.InstanceId,
            State = instance.State.Name.Value,
            InstanceType = instance.InstanceType.Value,
            IsSpot = instance.InstanceLifecycle == Amazon.EC2.InstanceLifecycleType.Spot,
            AvailabilityZone = instance.Placement?.AvailabilityZone,
            Region = cloud.Region,
            EndpointUrl = cloud.Connection.EndpointUrl,
            ProfileName = cloud.Connection.ProfileName,
            LaunchTime = instance.LaunchTime?.ToUniversalTime(),
            ImageId = instance.ImageId,
            SubnetId = Known(instance.SubnetId),
            IamInstanceProfile = instance.IamInstanceProfile?.Arn?.Split('/')[^1],
            SecurityGroupIds = [.. (instance.SecurityGroups ?? []).Select(group => group.GroupId)],
            IsMetadataEnabled = instance.MetadataOptions?.HttpEndpoint is { } endpoint ? endpoint == Amazon.EC2.InstanceMetadataEndpointState.Enabled : null,
            MetadataHopLimit = instance.MetadataOptions?.HttpPutResponseHopLimit,
            StateReason = Known(instance.StateReason?.Code),
            Ended = Ended(instance)?.UtcDateTime,
            SpotInstanceRequestId = Known(instance.SpotInstanceRequestId),
            HourlyPrice = tags.TryGetValue(RunctlTags.Price, out var price) && decimal.TryParse(price, NumberStyles.Number, CultureInfo.InvariantCulture, out var value) ? value : null,
            Tags = tags,
        };
    }

    /// <summary>An instance type.</summary>
    public static InstanceTypeRecord Type(InstanceTypeInfo type) => new(
        type.InstanceType.Value,
        type.ProcessorInfo?.SupportedArchitectures ?? [],
        type.GpuInfo?.Gpus?.Any(g => string.Equals(g.Manufacturer, "NVIDIA", StringComparison.OrdinalIgnoreCase)) ?? false,
        type.SupportedUsageClasses is not { Count: > 0 } classes || classes.Contains("spot"));

    /// <summary>An image.</summary>
    public static ImageRecord Image(Image image) => new(
        image.ImageId,
        image.Name,
        image.Architecture?.Value,
        image.RootDeviceName,
        image.BlockDeviceMappings?.FirstOrDefault(m => m.DeviceName == image.RootDeviceName)?.Ebs?.VolumeSize);

    /// <summary>Tags.</summary>
    public static List<Tag> Tags(IReadOnlyDictionary<string, string> tags) => [.. tags.Select(t => new Tag(t.Key, t.Value))];

    /// <summary>EC2 says when it was stopped or terminated in a text only: <c>User initiated (2026-01-31 12:00:00 GMT)</c>.</summary>
    private static DateTimeOffset? Ended(Instance instance)
    {
        var text = instance.StateTransitionReason ?? "";
        var (begin, end) = (text.LastIndexOf('(') + 1, text.LastIndexOf(" GMT)", StringComparison.Ordinal));
        return instance.State.Name.Value is not (Ec2States.Pending or Ec2States.Running) && begin > 0 && end > begin
            && DateTimeOffset.TryParseExact(text[begin..end], "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }

    private static string? Known(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
