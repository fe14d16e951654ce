using System.Net;
using Amazon.EC2;
using Amazon.EC2.Model;
using static Runctl.Sandbox.Tests.Ec2.Ec2Server;

namespace Runctl.Sandbox.Tests.Ec2;

public sealed class ProtocolTests : IAsyncLifetime
{
    private readonly Ec2Server _server = new();

    [Fact]
    public async Task An_action_there_is_not_is_invalid()
    {
        var refusal = await Assert.ThrowsAsync<AmazonEC2Exception>(() => _server.Client.DescribeKeyPairsAsync(new DescribeKeyPairsRequest(), Ct));

        Assert.Equal(("InvalidAction", HttpStatusCode.BadRequest), (refusal.ErrorCode, refusal.StatusCode));
        Assert.Contains("DescribeKeyPairs", refusal.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refusal.RequestId);
    }

    [Fact]
    public async Task What_is_missing_is_named()
    {
        var refusal = await Assert.ThrowsAsync<AmazonEC2Exception>(() => _server.Client.CreateFleetAsync(new CreateFleetRequest { Type = FleetType.Instant }, Ct));

        Assert.Equal("MissingParameter", refusal.ErrorCode);
        Assert.Contains("TargetCapacitySpecification.TotalTargetCapacity", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_changes_nothing()
    {
        var refusal = await Ec2Refusal.CodeAsync(_server.RunAsync(change: request => request.DryRun = true));

        Assert.Equal("DryRunOperation", refusal);
        Assert.Empty(_server.Registry.All);
    }

    [Fact]
    public async Task A_token_of_another_making_is_refused() => Assert.Equal("InvalidNextToken", await Ec2Refusal.CodeAsync(
        _server.Client.DescribeInstancesAsync(new() { NextToken = "abc" }, Ct)));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
