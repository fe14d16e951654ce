using System.Net;
using Amazon.EC2;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SimpleSystemsManagement;
using static Runctl.Sandbox.Tests.Faults.FaultySandbox;

namespace Runctl.Sandbox.Tests.Faults;

/// <summary>Faults of EC2, SSM and STS as their clients see them.</summary>
public sealed class ApiFaultTests : IAsyncLifetime
{
    private FaultySandbox _sandbox = null!;

    public async ValueTask InitializeAsync() => _sandbox = await FaultySandbox.StartAsync(faults:
        new RunctlSandboxFault { Operation = "ec2:DescribeVpcs", Kind = SandboxFaultKind.Throttling });

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Theory]
    [InlineData(SandboxFaultKind.Throttling, "RequestLimitExceeded", 503)]
    [InlineData(SandboxFaultKind.ServerError, "InternalError", 500)]
    [InlineData(SandboxFaultKind.ClientError, "UnauthorizedOperation", 403)]
    public async Task Ec2_fails_in_its_own_words_and_only_where_it_should(SandboxFaultKind kind, string code, int status)
    {
        _sandbox.Add("ec2:DescribeSubnets", kind);
        var refusal = await Assert.ThrowsAsync<AmazonEC2Exception>(() => _sandbox.Ec2().DescribeSubnetsAsync(new(), Ct));
        Assert.Equal((code, (HttpStatusCode)status), (refusal.ErrorCode, refusal.StatusCode));
        Assert.NotEmpty((await _sandbox.Ec2().DescribeAvailabilityZonesAsync(new(), Ct)).AvailabilityZones);
    }

    [Theory]
    [InlineData(SandboxFaultKind.Throttling, "ThrottlingException", 400)]
    [InlineData(SandboxFaultKind.ServerError, "InternalServerError", 500)]
    [InlineData(SandboxFaultKind.ClientError, "AccessDeniedException", 400)]
    public async Task Ssm_fails_in_its_own_words(SandboxFaultKind kind, string code, int status)
    {
        _sandbox.Add("ssm:ListCommands", kind);
        var refusal = await Assert.ThrowsAnyAsync<AmazonSimpleSystemsManagementException>(
            () => _sandbox.Running.Ssm.ListCommandsAsync(new Amazon.SimpleSystemsManagement.Model.ListCommandsRequest(), Ct));
        Assert.Equal((code, (HttpStatusCode)status), (refusal.ErrorCode, refusal.StatusCode));
    }

    [Theory]
    [InlineData(SandboxFaultKind.Throttling, "Throttling", 400)]
    [InlineData(SandboxFaultKind.ServerError, "InternalFailure", 500)]
    [InlineData(SandboxFaultKind.ClientError, "AccessDenied", 403)]
    public async Task Sts_fails_in_its_own_words(SandboxFaultKind kind, string code, int status)
    {
        _sandbox.Add("sts:GetCallerIdentity", kind);
        var refusal = await Assert.ThrowsAnyAsync<AmazonSecurityTokenServiceException>(
            () => _sandbox.Sts().GetCallerIdentityAsync(new(), Ct));
        Assert.Equal((code, (HttpStatusCode)status), (refusal.ErrorCode, refusal.StatusCode));
    }

    [Fact]
    public async Task A_fault_of_the_options_is_there_from_the_start() =>
        await Assert.ThrowsAsync<AmazonEC2Exception>(() => _sandbox.Ec2().DescribeVpcsAsync(new(), Ct));

    [Fact]
    public async Task A_launch_whose_connection_is_lost_has_not_happened_and_one_whose_answer_is_lost_has()
    {
        async Task LaunchAsync() => await _sandbox.Ec2().RunInstancesAsync(new()
        {
            ImageId = "ami-0a1b2c3d4e5f20401", InstanceType = "c5.large", MinCount = 1, MaxCount = 1,
        }, Ct);
        var reset = _sandbox.Add("ec2:RunInstances", SandboxFaultKind.ConnectionReset);
        await Assert.ThrowsAnyAsync<Exception>(LaunchAsync);
        Assert.Empty(_sandbox.Sandbox.Instances);

        reset.Remove();
        _sandbox.Sandbox.Faults.Add(new() { Operation = "ec2:RunInstances", Kind = SandboxFaultKind.ConnectionReset, CarriedOut = true });
        await Assert.ThrowsAnyAsync<Exception>(LaunchAsync);
        Assert.Single(_sandbox.Sandbox.Instances);
    }

    [Fact]
    public async Task A_wrong_answer_of_ec2_is_half_a_document()
    {
        _sandbox.Add("ec2:DescribeSubnets", SandboxFaultKind.WrongAnswer);
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => _sandbox.Ec2().DescribeSubnetsAsync(new(), Ct));
        Assert.IsNotType<AmazonServiceException>(failure.InnerException);
    }

    [Fact]
    public async Task Calls_of_anybody_about_an_instance_are_its_own()
    {
        var first = await _sandbox.LaunchAsync();
        var second = await _sandbox.LaunchAsync();
        _sandbox.Sandbox.Faults.Add(new() { Operation = "ssm:SendCommand", Kind = SandboxFaultKind.Throttling, InstanceId = first });
        await Assert.ThrowsAnyAsync<AmazonSimpleSystemsManagementException>(() => _sandbox.Running.SendAsync(first, "true"));
        Assert.Equal("Success", (await _sandbox.Running.RunAsync(second, "true")).Status.Value);
    }

    [Fact]
    public async Task A_pool_runs_dry_and_the_quota_shrinks_while_the_sandbox_runs()
    {
        _sandbox.Sandbox.PoolErrors["c5.large"] = "InsufficientInstanceCapacity";
        Assert.Equal("InsufficientInstanceCapacity", await CodeAsync());
        _sandbox.Sandbox.PoolErrors.Clear();
        _sandbox.Sandbox.SpotVcpuQuota = 1;
        Assert.Equal("MaxSpotInstanceCountExceeded", await CodeAsync());

        async Task<string> CodeAsync() => (await Assert.ThrowsAsync<AmazonEC2Exception>(() => _sandbox.Ec2().RunInstancesAsync(new()
        {
            ImageId = "ami-0a1b2c3d4e5f20401", InstanceType = "c5.large", MinCount = 1, MaxCount = 1,
            InstanceMarketOptions = new() { MarketType = MarketType.Spot },
        }, Ct))).ErrorCode;
    }
}
