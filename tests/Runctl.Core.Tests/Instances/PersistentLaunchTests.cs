using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Progress;

namespace Runctl.Core.Tests.Instances;

/// <summary>Launches with persistent spot requests, for instances that are stopped instead of terminated.</summary>
public sealed class PersistentLaunchTests
{
    private static readonly CancellationToken Token = CancellationToken.None;
    private readonly FakeCloud _cloud = new();
    private readonly Collect<ProgressUpdate> _progress = new();

    public PersistentLaunchTests() => _cloud.Shell.Parameters["/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"] = "ami-ubuntu";

    private SpotLauncher Launcher => new(_cloud, _cloud.Time);

    [Fact]
    public async Task Pools_are_tried_from_the_cheapest_until_one_has_capacity()
    {
        _cloud.Ec2.OnRun = r => r.SubnetId == "subnet-b" ? _cloud.Ec2.SucceedRun(r) : throw NoCapacity();
        var launched = Assert.Single(await LaunchAsync());
        Assert.Equal(["run c7i.large subnet-a", "run c7i.large subnet-b"], _cloud.Ec2.Calls);
        Assert.Equal("stop", launched.InterruptionBehavior);
        Assert.True(_cloud.Ec2.LastTemplate!.ShutdownStops);
        Assert.Empty(_cloud.Ec2.Templates);
        Assert.Empty(_cloud.Ec2.Fleets);
    }

    [Fact]
    public async Task Without_capacity_anywhere_every_pool_is_named_and_nothing_stays()
    {
        _cloud.Ec2.OnRun = _ => throw NoCapacity();
        var error = await Assert.ThrowsAsync<RunctlException>(LaunchAsync);
        Assert.Equal("LaunchFailed", error.Id);
        Assert.Contains("c7i.large in us-east-1a, c7i.large in us-east-1b", error.Message, StringComparison.Ordinal);
        Assert.Empty(_cloud.Ec2.Templates);
    }

    [Fact]
    public async Task What_no_pool_can_help_with_ends_the_walk()
    {
        _cloud.Ec2.OnRun = _ => throw new RunctlException("ServiceFailed", ErrorKind.PermissionDenied, "no") { ServiceErrorCode = "UnauthorizedOperation" };
        await Assert.ThrowsAsync<RunctlException>(LaunchAsync);
        Assert.Single(_cloud.Ec2.Calls, c => c.StartsWith("run", StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_a_lost_answer_the_request_is_cancelled_before_the_instance_is_terminated()
    {
        _cloud.Ec2.OnRun = r =>
        {
            _cloud.Ec2.SucceedRun(r);
            throw FakeInstances.LostAnswer();
        };
        await Assert.ThrowsAsync<RunctlException>(LaunchAsync);
        var calls = _cloud.Ec2.Calls.Where(c => !c.StartsWith("run", StringComparison.Ordinal)).ToList();
        Assert.Equal(["cancel sir-0", "terminate i-r0"], calls.Take(2));
        Assert.Empty(_cloud.Ec2.SpotRequests);
        Assert.All(_cloud.Ec2.All, i => Assert.Equal("terminated", i.State));
    }

    [Fact]
    public async Task Cancelled_in_the_middle_neither_request_nor_instance_stays()
    {
        using var cancel = new CancellationTokenSource();
        _cloud.Ec2.OnRun = r =>
        {
            var ids = _cloud.Ec2.SucceedRun(r);
            cancel.Cancel();
            return ids;
        };
        var plan = await PlanAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Launcher.LaunchAsync(plan, _progress, cancel.Token));
        Assert.Empty(_cloud.Ec2.SpotRequests);
        Assert.All(_cloud.Ec2.All, i => Assert.Equal("terminated", i.State));
        Assert.Empty(_cloud.Ec2.Templates);
    }

    [Fact]
    public async Task Its_removal_cancels_the_request_first()
    {
        var launched = (await LaunchAsync())[0];
        await new InstanceRemoval(_cloud).RemoveAsync(launched, Token);
        Assert.Equal(["cancel sir-0", "terminate " + launched.InstanceId], _cloud.Ec2.Calls.Skip(1));
    }

    [Fact]
    public async Task A_request_that_can_not_be_cancelled_leaves_the_instance_alone()
    {
        var launched = (await LaunchAsync())[0];
        _cloud.Ec2.CancelFailure = new("UnauthorizedOperation", ErrorKind.PermissionDenied, "You are not authorized.");
        var error = await Assert.ThrowsAsync<RunctlException>(() => new InstanceRemoval(_cloud).RemoveAsync(launched, Token));
        Assert.Equal("SpotRequestNotCancelled", error.Id);
        Assert.DoesNotContain(_cloud.Ec2.Calls, c => c.StartsWith("terminate", StringComparison.Ordinal));
    }

    private static RunctlException NoCapacity() => new("ServiceFailed", ErrorKind.ResourceUnavailable, "No capacity.") { ServiceErrorCode = "InsufficientInstanceCapacity", IsTransient = true };

    private Task<LaunchPlan> PlanAsync() => Launcher.PlanAsync(new LaunchRequest { InstanceTypes = ["c7i.large"], InterruptionBehavior = RunctlInterruptionBehavior.Stop }, Token);

    private async Task<IReadOnlyList<RunctlInstance>> LaunchAsync() => await Launcher.LaunchAsync(await PlanAsync(), _progress, Token);
}
