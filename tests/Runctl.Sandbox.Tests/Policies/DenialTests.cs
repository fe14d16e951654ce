using System.Net;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;
using Runctl.Sandbox.Tests.Signing;

namespace Runctl.Sandbox.Tests.Policies;

/// <summary>A request that no policy allows is answered as the service itself answers it, and does nothing.</summary>
public sealed class DenialTests : IAsyncLifetime
{
    private const string Bucket = "runctl-sandbox";
    private const string Ubuntu = "ami-0a1b2c3d4e5f20401";
    private RunctlSandbox _sandbox = null!;
    private AmazonEC2Client _ec2 = null!;
    private AmazonEC2Client _administrator = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(System.OperatingSystem.IsLinux(), "The sandbox runs on Linux.");
        _sandbox = await RunctlSandbox.StartAsync(new SandboxOptions { BootTime = TimeSpan.FromMilliseconds(20), Responder = (_, _) => "" }, Token);
        Allow();
        _ec2 = new AmazonEC2Client(Person, new AmazonEC2Config { ServiceURL = _sandbox.Endpoint.ToString(), AuthenticationRegion = "us-east-1", MaxErrorRetry = 0 });
        _administrator = new AmazonEC2Client(Administrator, new AmazonEC2Config { ServiceURL = _sandbox.Endpoint.ToString(), AuthenticationRegion = "us-east-1", MaxErrorRetry = 0 });
    }

    public async ValueTask DisposeAsync()
    {
        _ec2?.Dispose();
        _administrator?.Dispose();
        if (_sandbox is not null)
        {
            await _sandbox.DisposeAsync();
        }
    }

    [Fact]
    public async Task EC2_answers_UnauthorizedOperation_with_action_and_resource()
    {
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => _ec2.DescribeInstancesAsync(new DescribeInstancesRequest(), Token));
        Assert.Equal((HttpStatusCode.Forbidden, "UnauthorizedOperation"), (error.StatusCode, error.ErrorCode));
        Assert.Contains("arn:aws:iam::000000000000:user/sandbox is not authorized to perform: ec2:DescribeInstances on resource: * because no identity-based policy allows", error.Message, StringComparison.Ordinal);
        Allow("""{ "Effect": "Allow", "Action": "ec2:*", "Resource": "*" }, { "Effect": "Deny", "Action": "ec2:Describe*", "Resource": "*" }""");
        error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => _ec2.DescribeInstancesAsync(new DescribeInstancesRequest(), Token));
        Assert.Contains("with an explicit deny", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tags_of_a_resource_decide_and_of_several_none_is_changed()
    {
        var (own, other) = (await LaunchAsync(new("mine", "1")), await LaunchAsync());
        Allow("""{ "Effect": "Allow", "Action": "ec2:TerminateInstances", "Resource": "arn:aws:ec2:us-east-1:*:instance/*", "Condition": { "StringEquals": { "aws:ResourceTag/mine": "1" } } }""");
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => _ec2.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [own, other] }, Token));
        Assert.Equal("UnauthorizedOperation", error.ErrorCode);
        Assert.Contains($"instance/{other}", error.Message, StringComparison.Ordinal);
        Assert.All(_sandbox.Instances, one => Assert.DoesNotContain(one.State, (string[])["shutting-down", "terminated"]));
        await _ec2.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [own] }, Token);
    }

    [Theory]
    [InlineData("iam:PassRole", "role/RunctlSandbox")]
    [InlineData("ec2:RunInstances", "image/ami-0a1b2c3d4e5f20401")]
    [InlineData("ec2:CreateTags", "instance/*")]
    public async Task A_launch_needs_all_of_what_it_does(string denied, string resource)
    {
        Allow($$"""{ "Effect": "Allow", "NotAction": "{{denied}}", "Resource": "*" }""");
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => RunAsync(_ec2, new("mine", "1")));
        Assert.Contains($"{denied} on resource: arn:aws:", error.Message, StringComparison.Ordinal);
        Assert.Contains(resource, error.Message, StringComparison.Ordinal);
        Assert.Empty(_sandbox.Instances);
    }

    [Fact]
    public async Task A_fleet_that_may_not_launch_says_so_for_each_pool()
    {
        Allow("""{ "Effect": "Allow", "NotAction": "ec2:RunInstances", "Resource": "*" }""");
        await _ec2.CreateLaunchTemplateAsync(new CreateLaunchTemplateRequest { LaunchTemplateName = "a-template", LaunchTemplateData = new() { ImageId = Ubuntu } }, Token);
        var fleet = await _ec2.CreateFleetAsync(new CreateFleetRequest
        {
            Type = FleetType.Instant,
            LaunchTemplateConfigs = [new() { LaunchTemplateSpecification = new() { LaunchTemplateName = "a-template", Version = "1" }, Overrides = [new() { InstanceType = "g5.xlarge", SubnetId = "subnet-0a1b2c3d4e5f6000a" }] }],
            TargetCapacitySpecification = new() { TotalTargetCapacity = 1, DefaultTargetCapacityType = DefaultTargetCapacityType.Spot },
        }, Token);
        Assert.Equal("UnauthorizedOperation", Assert.Single(fleet.Errors).ErrorCode);
        Assert.Empty(_sandbox.Instances);
    }

    [Fact]
    public async Task The_first_spot_instance_of_an_account_needs_the_right_to_make_the_role_of_EC2()
    {
        Allow("""{ "Effect": "Allow", "NotAction": "iam:CreateServiceLinkedRole", "Resource": "*" }""");
        var market = new InstanceMarketOptionsRequest { MarketType = MarketType.Spot };
        Assert.Equal("AuthFailure.ServiceLinkedRoleCreationNotPermitted", (await Assert.ThrowsAsync<AmazonEC2Exception>(() => RunAsync(_ec2, null, market))).ErrorCode);
        await RunAsync(_administrator, null, market);
        await RunAsync(_ec2, null, market);
    }

    [Fact]
    public async Task S3_answers_AccessDenied_and_hides_a_missing_key_from_those_that_may_not_list_its_prefix()
    {
        using var s3 = new AmazonS3Client(Person, new AmazonS3Config { ServiceURL = _sandbox.Endpoint.ToString(), AuthenticationRegion = "us-east-1", ForcePathStyle = true, MaxErrorRetry = 0 });
        async Task<(HttpStatusCode, string)> FailAsync(Func<Task> act) => await Assert.ThrowsAnyAsync<AmazonS3Exception>(act) is var e ? (e.StatusCode, e.ErrorCode) : default;

        Allow("""
            { "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::runctl-sandbox/*" },
            { "Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::runctl-sandbox/mine/*" },
            { "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::runctl-sandbox", "Condition": { "StringLike": { "s3:prefix": "mine/*" } } }
            """);
        Assert.Equal((HttpStatusCode.NotFound, "NoSuchKey"), await FailAsync(() => s3.GetObjectAsync(Bucket, "mine/none", Token)));
        Assert.Equal((HttpStatusCode.Forbidden, "AccessDenied"), await FailAsync(() => s3.GetObjectAsync(Bucket, "theirs/none", Token)));
        Assert.Equal((HttpStatusCode.Forbidden, "AccessDenied"), await FailAsync(() => s3.ListObjectsV2Async(new() { BucketName = Bucket }, Token)));
        Assert.Equal((HttpStatusCode.Forbidden, "AccessDenied"), await FailAsync(() => s3.ListObjectsV2Async(new() { BucketName = Bucket, Prefix = "mine" }, Token)));
        Assert.Null((await s3.ListObjectsV2Async(new() { BucketName = Bucket, Prefix = "mine/a" }, Token)).S3Objects);
        Assert.Equal((HttpStatusCode.NotFound, "NoSuchBucket"), await FailAsync(() => s3.ListObjectsV2Async(new() { BucketName = "no-such-bucket" }, Token)));

        foreach (var key in new[] { "mine/a", "theirs/a" })
        {
            await s3.PutObjectAsync(new PutObjectRequest { BucketName = Bucket, Key = key, ContentBody = "x" }, Token);
        }

        Assert.Equal((HttpStatusCode.Forbidden, "AccessDenied"), await FailAsync(() => s3.DeleteObjectAsync(Bucket, "theirs/a", Token)));
        var partly = await Assert.ThrowsAsync<DeleteObjectsException>(() => s3.DeleteObjectsAsync(new() { BucketName = Bucket, Objects = [new() { Key = "mine/a" }, new() { Key = "theirs/a" }] }, Token));
        Assert.Equal("AccessDenied", Assert.Single(partly.Response.DeleteErrors).Code);
        Assert.Equal("mine/a", Assert.Single(partly.Response.DeletedObjects).Key);
    }

    [Fact]
    public async Task SSM_and_Secrets_Manager_answer_AccessDeniedException()
    {
        var instance = await LaunchAsync();
        using var ssm = new AmazonSimpleSystemsManagementClient(Person, new AmazonSimpleSystemsManagementConfig { ServiceURL = _sandbox.Endpoint.ToString(), AuthenticationRegion = "us-east-1", MaxErrorRetry = 0 });
        var send = new SendCommandRequest { DocumentName = "AWS-RunShellScript", InstanceIds = [instance], Parameters = new() { ["commands"] = ["true"] } };
        Allow("""{ "Effect": "Allow", "Action": "ssm:SendCommand", "Resource": ["arn:aws:ssm:us-east-1::document/AWS-RunShellScript", "arn:aws:ec2:us-east-1:000000000000:instance/*"], "Condition": { "StringEqualsIfExists": { "ssm:resourceTag/mine": "1" } } }, { "Effect": "Deny", "Action": "ssm:SendCommand", "Resource": "*:instance/*", "Condition": { "Null": { "ssm:resourceTag/mine": "true" } } }""");
        var error = await Assert.ThrowsAsync<AmazonSimpleSystemsManagementException>(() => ssm.SendCommandAsync(send, Token));
        Assert.Equal("AccessDeniedException", error.ErrorCode);
        Assert.Contains($"ssm:SendCommand on resource: arn:aws:ec2:us-east-1:000000000000:instance/{instance}", error.Message, StringComparison.Ordinal);

        var caller = new JsonCaller(_sandbox.Endpoint, _sandbox.AccessKeyId, _sandbox.SecretAccessKey);
        var (status, body) = await caller.CallAsync("secretsmanager", "secretsmanager.GetSecretValue", new { SecretId = "key" });
        Assert.Equal((400, "AccessDeniedException"), (status, body.GetProperty("__type").GetString()));
    }

    [Fact]
    public async Task SSM_does_not_know_an_instance_whose_role_does_not_let_the_agent_register()
    {
        var agent = """{ "Effect": "Allow", "Action": ["ssm:UpdateInstanceInformation", "ssmmessages:*", "ec2messages:*"], "Resource": "*" }""";
        var instance = await LaunchAsync();
        using var ssm = new AmazonSimpleSystemsManagementClient(Administrator, new AmazonSimpleSystemsManagementConfig { ServiceURL = _sandbox.Endpoint.ToString(), AuthenticationRegion = "us-east-1", MaxErrorRetry = 0 });
        async Task<int> KnownAsync() => (await ssm.DescribeInstanceInformationAsync(new DescribeInstanceInformationRequest(), Token)).InstanceInformationList?.Count ?? 0;

        _sandbox.Policies = _ => new SandboxPolicies([], [Document(agent)]);
        await Ssm.Eventually.TrueAsync(async () => await KnownAsync() == 1);
        _sandbox.Policies = _ => new SandboxPolicies([], []);
        Assert.Equal(0, await KnownAsync());
        Assert.Contains(_sandbox.UsedPermissions, one => one is { IsRole: true, Action: "ec2messages:*" });
        Assert.NotEmpty(instance);
    }

    private BasicAWSCredentials Person => new(_sandbox.AccessKeyId, _sandbox.SecretAccessKey);

    private BasicAWSCredentials Administrator => new(_sandbox.AdministratorAccessKeyId, _sandbox.AdministratorSecretAccessKey);

    private void Allow(string statements = """{ "Effect": "Deny", "Action": "none:None", "Resource": "*" }""") => _sandbox.Policies = _ => new SandboxPolicies([Document(statements)], []);

    private static string Document(string statements) => $$"""{ "Version": "2012-10-17", "Statement": [{{statements}}] }""";

    private async Task<string> LaunchAsync(Amazon.EC2.Model.Tag? tag = null) => (await RunAsync(_administrator, tag)).Reservation.Instances.Single().InstanceId;

    private static Task<RunInstancesResponse> RunAsync(AmazonEC2Client client, Amazon.EC2.Model.Tag? tag, InstanceMarketOptionsRequest? market = null) => client.RunInstancesAsync(
        new RunInstancesRequest
        {
            ImageId = Ubuntu, InstanceType = "c5.large", MinCount = 1, MaxCount = 1, IamInstanceProfile = new() { Name = "RunctlSandbox" }, InstanceMarketOptions = market,
            TagSpecifications = tag is null ? null : [new() { ResourceType = Amazon.EC2.ResourceType.Instance, Tags = [tag] }],
        },
        Token);
}
