using System.Globalization;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;

namespace Runctl.Package.Tests.Support;

/// <summary>Another tool of the user's account, which may do everything: it does what Runctl never does.</summary>
/// <param name="environment">The variables by which clients join a sandbox.</param>
internal sealed class OtherClient(IDictionary<string, string> environment)
{
    private const string Ubuntu = "ami-0a1b2c3d4e5f20401";

    /// <summary>The variables it joined by.</summary>
    public IDictionary<string, string> Environment => environment;

    private BasicAWSCredentials Credentials => new(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]);

    /// <summary>Launches an instance without a tag of Runctl's: on-demand, or spot that hibernates.</summary>
    public async Task<string> LaunchAsync(string? profile, bool hibernates = false)
    {
        using var client = Ec2();
        var answer = await client.RunInstancesAsync(new RunInstancesRequest
        {
            ImageId = Ubuntu,
            InstanceType = "g5.xlarge",
            MinCount = 1,
            MaxCount = 1,
            IamInstanceProfile = profile is null ? null : new IamInstanceProfileSpecification { Name = profile },
            InstanceMarketOptions = !hibernates ? null : new InstanceMarketOptionsRequest
            {
                MarketType = MarketType.Spot,
                SpotOptions = new SpotMarketOptions { SpotInstanceType = SpotInstanceType.Persistent, InstanceInterruptionBehavior = InstanceInterruptionBehavior.Hibernate },
            },
        });
        return answer.Reservation.Instances[0].InstanceId;
    }

    /// <summary>Instances with a run's tag that are neither going nor gone.</summary>
    public async Task<IReadOnlyList<string>> LivingAsync(string runId)
    {
        using var client = Ec2();
        var answer = await client.DescribeInstancesAsync(new DescribeInstancesRequest { Filters = [new("tag:runctl:run", [runId]), new("instance-state-name", ["pending", "running"])] });
        return [.. (answer.Reservations ?? []).SelectMany(reservation => reservation.Instances).Select(instance => instance.InstanceId)];
    }

    /// <summary>What EC2 says that a spot instance was launched with, its type aside; of the tags, those that are not Runctl's.</summary>
    public async Task<string> DescribeAsync(string instanceId)
    {
        using var client = Ec2();
        var one = (await client.DescribeInstancesAsync(new DescribeInstancesRequest { InstanceIds = [instanceId] })).Reservations.Single().Instances.Single();
        var disk = (await client.DescribeVolumesAsync(new DescribeVolumesRequest { Filters = [new("attachment.instance-id", [instanceId])] })).Volumes.Single();
        var request = (await client.DescribeSpotInstanceRequestsAsync(new DescribeSpotInstanceRequestsRequest { SpotInstanceRequestIds = [one.SpotInstanceRequestId] })).SpotInstanceRequests.Single();
        static string Own(List<Amazon.EC2.Model.Tag> tags) => string.Join(' ', tags.Where(tag => !tag.Key.Contains(':', StringComparison.Ordinal)).Select(tag => $"{tag.Key}={tag.Value}").Order());
        return $"{one.SubnetId}, {string.Join(' ', one.SecurityGroups.Select(group => group.GroupId))}, {one.IamInstanceProfile.Arn}, {one.ImageId}, "
            + $"up to {decimal.Parse(request.SpotPrice, CultureInfo.InvariantCulture):0.00} USD, {Own(one.Tags)}, {disk.Size} GiB with {Own(disk.Tags)}";
    }

    /// <summary>Stops an instance, and waits until it is stopped.</summary>
    public async Task StopAsync(string instanceId)
    {
        using var client = Ec2();
        await client.StopInstancesAsync(new StopInstancesRequest { InstanceIds = [instanceId] });
        await WaitForAsync(instanceId, "stopped");
    }

    /// <summary>Terminates an instance as from the console.</summary>
    public async Task TerminateAsync(string instanceId)
    {
        using var client = Ec2();
        await client.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [instanceId] });
    }

    /// <summary>The state of the spot request behind an instance.</summary>
    public async Task<string> SpotRequestStateAsync(string instanceId)
    {
        using var client = Ec2();
        var answer = await client.DescribeSpotInstanceRequestsAsync(new DescribeSpotInstanceRequestsRequest { Filters = [new("instance-id", [instanceId])] });
        return answer.SpotInstanceRequests.Single().State.Value;
    }

    /// <summary>Whether no request for a type can launch anything any more.</summary>
    public async Task<bool> NoSpotRequestStandsAsync(string type)
    {
        using var client = Ec2();
        var answer = await client.DescribeSpotInstanceRequestsAsync(new DescribeSpotInstanceRequestsRequest { Filters = [new("launch.instance-type", [type]), new("state", ["open", "active", "disabled"])] });
        return answer.SpotInstanceRequests is null or [];
    }

    /// <summary>Waits until an instance is in a state.</summary>
    public async Task WaitForAsync(string instanceId, string state)
    {
        using var client = Ec2();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        // By a filter: an id that EC2 does not know yet, a moment after the launch, is an error.
        Amazon.EC2.Model.Filter[] filters = [new("instance-id", [instanceId]), new("instance-state-name", [state])];
        while ((await client.DescribeInstancesAsync(new DescribeInstancesRequest { Filters = [.. filters] }, limit.Token)).Reservations is null or [])
        {
            await Task.Delay(50, limit.Token);
        }
    }

    /// <summary>Has a script run on an instance as root; does not wait for it.</summary>
    public async Task SendAsync(string instanceId, string script)
    {
        using var client = Ssm();
        await client.SendCommandAsync(new SendCommandRequest
        {
            InstanceIds = [instanceId],
            DocumentName = "AWS-RunShellScript",
            Parameters = new Dictionary<string, List<string>> { ["commands"] = [script] },
        });
    }

    /// <summary>The scripts of all commands that were ever sent.</summary>
    public async Task<IReadOnlyList<string>> ScriptsAsync()
    {
        using var client = Ssm();
        var scripts = new List<string>();
        var request = new ListCommandsRequest();
        do
        {
            var page = await client.ListCommandsAsync(request);
            scripts.AddRange((page.Commands ?? []).Select(command => string.Join('\n', command.Parameters["commands"]) + "\n"));
            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        return scripts;
    }

    /// <summary>What all commands printed.</summary>
    public async Task<IReadOnlyList<string>> OutputsAsync()
    {
        using var client = Ssm();
        var outputs = new List<string>();
        var request = new ListCommandInvocationsRequest { Details = true };
        do
        {
            var page = await client.ListCommandInvocationsAsync(request);
            foreach (var invocation in page.CommandInvocations ?? [])
            {
                outputs.AddRange((invocation.CommandPlugins ?? []).Select(plugin => plugin.Output));
                var whole = await client.GetCommandInvocationAsync(new GetCommandInvocationRequest { CommandId = invocation.CommandId, InstanceId = invocation.InstanceId });
                outputs.AddRange([whole.StandardOutputContent, whole.StandardErrorContent]);
            }

            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
        return outputs;
    }

    /// <summary>Keeps a value in Parameter Store; its reference.</summary>
    public async Task<string> PutParameterAsync(string value)
    {
        using var client = Ssm();
        var name = $"/test/{Guid.NewGuid():N}";
        await client.PutParameterAsync(new PutParameterRequest { Name = name, Value = value, Type = ParameterType.SecureString });
        return "ssm:" + name;
    }

    /// <summary>An object's content.</summary>
    public async Task<byte[]> ReadObjectAsync(string bucket, string key)
    {
        using var client = S3(environment["AWS_REGION"]);
        using var answer = await client.GetObjectAsync(bucket, key);
        using var buffer = new MemoryStream();
        await answer.ResponseStream.CopyToAsync(buffer);
        return buffer.ToArray();
    }

    /// <summary>Writes an object, as a guard or a person does.</summary>
    public async Task WriteObjectAsync(string bucket, string key, string content)
    {
        using var client = S3(environment["AWS_REGION"]);
        await client.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = key, ContentBody = content });
    }

    /// <summary>Makes a bucket in a region.</summary>
    public async Task CreateBucketAsync(string name, string region)
    {
        using var client = S3(region);
        await client.PutBucketAsync(new PutBucketRequest { BucketName = name, BucketRegionName = region });
    }

    /// <summary>Keys below a prefix.</summary>
    public async Task<IReadOnlyList<string>> ListObjectsAsync(string bucket, string prefix)
    {
        using var client = S3(environment["AWS_REGION"]);
        return [.. ((await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket, Prefix = prefix })).S3Objects ?? []).Select(item => item.Key)];
    }

    /// <summary>Waits until there is an object below a prefix.</summary>
    public async Task WaitForObjectAsync(string bucket, string prefix)
    {
        using var client = S3(environment["AWS_REGION"]);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket, Prefix = prefix }, limit.Token)).KeyCount is null or 0)
        {
            await Task.Delay(50, limit.Token);
        }
    }

    private AmazonS3Client S3(string region) => new(Credentials, new AmazonS3Config { ServiceURL = environment["AWS_ENDPOINT_URL"], AuthenticationRegion = region, ForcePathStyle = true });

    private AmazonSimpleSystemsManagementClient Ssm() => new(Credentials, new AmazonSimpleSystemsManagementConfig { ServiceURL = environment["AWS_ENDPOINT_URL"], AuthenticationRegion = environment["AWS_REGION"] });

    private AmazonEC2Client Ec2() => new(Credentials, new AmazonEC2Config { ServiceURL = environment["AWS_ENDPOINT_URL"], AuthenticationRegion = environment["AWS_REGION"] });
}
