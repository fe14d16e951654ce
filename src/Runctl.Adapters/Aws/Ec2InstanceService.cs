using System.Text.RegularExpressions;
using Amazon.EC2;
using Amazon.EC2.Model;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using LaunchTemplate = Runctl.Ports.LaunchTemplate;

namespace Runctl.Adapters.Aws;

/// <summary>EC2 by its SDK client.</summary>
internal sealed class Ec2InstanceService(Func<AmazonEC2Client> client, AwsCloud cloud) : IInstanceService
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunctlInstance>> FindAsync(InstanceQuery query, CancellationToken cancellationToken)
    {
        var found = new List<RunctlInstance>();
        // A filter, unlike the parameter of the same name, does not fail over an id that is not there. It takes 200 values.
        foreach (var ids in query.InstanceIds.Count == 0 ? [[]] : query.InstanceIds.Distinct(StringComparer.Ordinal).Chunk(200))
        {
            var request = new DescribeInstancesRequest { Filters = Ec2Mapping.Filters(query, ids) };
            do
            {
                var page = await CallAsync("DescribeInstances", c => c.DescribeInstancesAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
                found.AddRange((page.Reservations ?? []).SelectMany(r => r.Instances ?? []).Select(i => Ec2Mapping.Instance(i, cloud)));
                request.NextToken = page.NextToken;
            }
            while (!string.IsNullOrEmpty(request.NextToken));
        }

        return found;
    }

    /// <inheritdoc/>
    public Task TerminateAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken) =>
        CallAsync("TerminateInstances", c => c.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [.. instanceIds] }, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken) =>
        CallAsync("StopInstances", c => c.StopInstancesAsync(new StopInstancesRequest { InstanceIds = [.. instanceIds] }, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken) =>
        CallAsync("StartInstances", c => c.StartInstancesAsync(new StartInstancesRequest { InstanceIds = [.. instanceIds] }, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task TagAsync(IReadOnlyList<string> resourceIds, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken) =>
        CallAsync("CreateTags", c => c.CreateTagsAsync(new CreateTagsRequest { Resources = [.. resourceIds], Tags = Ec2Mapping.Tags(tags) }, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<InstanceTypeRecord>> DescribeTypesAsync(IReadOnlyList<string> instanceTypes, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await CallAsync("DescribeInstanceTypes",
                c => c.DescribeInstanceTypesAsync(new DescribeInstanceTypesRequest { InstanceTypes = [.. instanceTypes] }, cancellationToken), cancellationToken).ConfigureAwait(false);
            return [.. (answer.InstanceTypes ?? []).Select(Ec2Mapping.Type)];
        }
        catch (RunctlException e) when (e.ServiceErrorCode is "InvalidInstanceType" or "InvalidParameterValue")
        {
            // EC2 names the types that do not exist; the others are good.
            var unknown = instanceTypes.Where(type => Regex.IsMatch(e.Message, $@"(?<![\w.-]){Regex.Escape(type)}(?![\w-])")).ToList();
            throw RunctlErrors.InstanceTypeUnknown(string.Join(", ", unknown.Count > 0 ? unknown : instanceTypes), cloud.Region, e);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SubnetRecord>> DescribeSubnetsAsync(IReadOnlyList<string> subnetIds, CancellationToken cancellationToken)
    {
        var request = new DescribeSubnetsRequest { Filters = [subnetIds.Count == 0 ? new Filter("default-for-az", ["true"]) : new Filter("subnet-id", [.. subnetIds])] };
        var found = new List<SubnetRecord>();
        do
        {
            var page = await CallAsync("DescribeSubnets", c => c.DescribeSubnetsAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            found.AddRange((page.Subnets ?? []).Select(s => new SubnetRecord(s.SubnetId, s.AvailabilityZone, s.VpcId)));
            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        return found;
    }

    /// <inheritdoc/>
    public async Task<ImageRecord?> FindImageAsync(string imageId, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await CallAsync("DescribeImages", c => c.DescribeImagesAsync(new DescribeImagesRequest { ImageIds = [imageId] }, cancellationToken), cancellationToken).ConfigureAwait(false);
            return answer.Images?.Select(Ec2Mapping.Image).FirstOrDefault();
        }
        catch (RunctlException e) when (e.ServiceErrorCode is "InvalidAMIID.NotFound" or "InvalidAMIID.Malformed" or "InvalidAMIID.Unavailable")
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SpotPriceRecord>> FindSpotPricesAsync(IReadOnlyList<string> instanceTypes, CancellationToken cancellationToken) =>
        [.. (await FindSpotPriceHistoryAsync(instanceTypes, DateTimeOffset.UtcNow, null, cancellationToken).ConfigureAwait(false)).Select(p => new SpotPriceRecord(p.InstanceType, p.AvailabilityZone, p.Price))];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SpotPriceChange>> FindSpotPriceHistoryAsync(IReadOnlyList<string> instanceTypes, DateTimeOffset since, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        var request = new DescribeSpotPriceHistoryRequest { InstanceTypes = [.. instanceTypes], ProductDescriptions = ["Linux/UNIX"], StartTime = since.UtcDateTime, EndTime = until?.UtcDateTime };
        var found = new List<SpotPriceChange>();
        do
        {
            var page = await CallAsync("DescribeSpotPriceHistory", c => c.DescribeSpotPriceHistoryAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            found.AddRange((page.SpotPriceHistory ?? []).Select(Ec2Mapping.Price));
            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        return found;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SpotRequestRecord>> FindSpotRequestsAsync(IReadOnlyList<string> requestIds, IReadOnlyDictionary<string, string?> tags, CancellationToken cancellationToken)
    {
        var request = new DescribeSpotInstanceRequestsRequest { Filters = Ec2Mapping.Filters("spot-instance-request-id", requestIds, tags) };
        var found = new List<SpotRequestRecord>();
        do
        {
            var page = await CallAsync("DescribeSpotInstanceRequests", c => c.DescribeSpotInstanceRequestsAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            found.AddRange((page.SpotInstanceRequests ?? []).Select(Ec2Mapping.SpotRequest));
            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        return found;
    }

    /// <inheritdoc/>
    public async Task CancelSpotRequestsAsync(IReadOnlyList<string> requestIds, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync("CancelSpotInstanceRequests",
                c => c.CancelSpotInstanceRequestsAsync(new CancelSpotInstanceRequestsRequest { SpotInstanceRequestIds = [.. requestIds] }, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.ServiceErrorCode is "InvalidSpotInstanceRequestID.NotFound")
        {
            // EC2 has forgotten it: nothing comes of it any more.
        }
    }

    /// <inheritdoc/>
    public async Task<string> CreateTemplateAsync(LaunchTemplate launchTemplate, CancellationToken cancellationToken)
    {
        var answer = await CallAsync("CreateLaunchTemplate", c => c.CreateLaunchTemplateAsync(FleetMapping.Template(launchTemplate), cancellationToken), cancellationToken).ConfigureAwait(false);
        return answer.LaunchTemplate.LaunchTemplateId;
    }

    /// <inheritdoc/>
    public async Task DeleteTemplateAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync("DeleteLaunchTemplate", c => c.DeleteLaunchTemplateAsync(new DeleteLaunchTemplateRequest { LaunchTemplateName = name }, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.ServiceErrorCode is "InvalidLaunchTemplateName.NotFoundException" or "InvalidLaunchTemplateId.NotFound")
        {
            // It is as it should be.
        }
    }

    /// <inheritdoc/>
    public async Task<FleetAnswer> CreateFleetAsync(FleetRequest request, CancellationToken cancellationToken)
    {
        var answer = await CallAsync("CreateFleet", c => c.CreateFleetAsync(FleetMapping.Request(request), cancellationToken), cancellationToken).ConfigureAwait(false);
        return new FleetAnswer([.. (answer.Instances ?? []).SelectMany(i => i.InstanceIds ?? [])], [.. (answer.Errors ?? []).Select(FleetMapping.Error)]);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RunAsync(SpotRunRequest request, CancellationToken cancellationToken)
    {
        var answer = await CallAsync("RunInstances", c => c.RunInstancesAsync(FleetMapping.Request(request), cancellationToken), cancellationToken).ConfigureAwait(false);
        return [.. (answer.Reservation?.Instances ?? []).Select(i => i.InstanceId)];
    }

    /// <inheritdoc/>
    public async Task TryRunAsync(LaunchTemplate launchTemplate, string instanceType, string subnetId, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync("RunInstances", c => c.RunInstancesAsync(FleetMapping.Trial(launchTemplate, instanceType, subnetId), cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.ServiceErrorCode is "DryRunOperation")
        {
            // EC2 would launch it.
        }
    }

    private Task<T> CallAsync<T>(string operation, Func<AmazonEC2Client, Task<T>> call, CancellationToken cancellationToken) =>
        AwsErrors.CallAsync("EC2", operation, cloud.EndpointName, () => call(client()), cancellationToken);
}
