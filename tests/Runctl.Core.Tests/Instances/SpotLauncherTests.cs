using Runctl.Core.Tests.Fakes;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Telling;

namespace Runctl.Core.Tests.Instances;

public sealed class SpotLauncherTests
{
    private static readonly CancellationToken Token = CancellationToken.None;
    private readonly FakeCloud _cloud = new();
    private readonly Collect<ProgressUpdate> _progress = new();

    public SpotLauncherTests()
    {
        _cloud.Shell.Parameters["/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"] = "ami-ubuntu";
        _cloud.Shell.Parameters["/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id"] = "ami-ubuntu-arm";
        _cloud.Shell.Parameters["/aws/service/deeplearning/ami/x86_64/oss-nvidia-driver-gpu-pytorch-2.7-ubuntu-22.04/latest/ami-id"] = "ami-deep";
    }

    private SpotLauncher Launcher => new(_cloud, _cloud.Time);

    [Theory]
    [InlineData("c7i.large", "ami-ubuntu")]
    [InlineData("c7g.large", "ami-ubuntu-arm")]
    [InlineData("g5.xlarge", "ami-deep")]
    public async Task The_image_fits_the_type(string type, string image) => Assert.Equal(image, (await PlanAsync(type)).Image);

    [Fact]
    public async Task A_plan_names_target_place_and_price()
    {
        var plan = await PlanAsync("c7i.large", "g5.xlarge");
        Assert.Equal("1 spot instance of c7i.large or g5.xlarge in us-east-1 (us-east-1a, us-east-1b), image ubuntu (ami-ubuntu), no instance profile, the default security group, from 0.05 USD an hour each", plan.Description);
        Assert.Equal(["subnet-a", "subnet-b"], plan.Subnets);
        Assert.Empty(_cloud.Ec2.Templates);
    }

    [Theory]
    [InlineData("InstanceTypeUnknown", "c7i.lrage")]
    [InlineData("InstanceTypeNotSpot", "u7i.metal")]
    [InlineData("ArchitecturesDiffer", "c7i.large", "c7g.large")]
    [InlineData("InstanceTypeMissing")]
    public async Task What_can_not_be_is_refused_before_anything_is_made(string error, params string[] types) => Assert.Equal(error, (await Assert.ThrowsAsync<RunctlException>(() => PlanAsync(types))).Id);

    [Fact]
    public async Task A_launch_leaves_its_instances_and_no_template()
    {
        var launched = await Launcher.LaunchAsync(await PlanAsync("c7i.large"), _progress, Token);
        Assert.Equal(0.05m, Assert.Single(launched).HourlyPrice);
        Assert.Empty(_cloud.Ec2.Templates);
        Assert.Equal("0.05", _cloud.Ec2.All[0].Tags[RunctlTags.Price]);
        Assert.True(_cloud.Ec2.All[0].IsManaged);
    }

    [Fact]
    public async Task A_launch_tells_which_pool_it_uses_and_why_not_the_others()
    {
        var log = new RecordedLog();
        _cloud.Ec2.OnFleet = r => _cloud.Ec2.Succeed(r) with { Errors = [new("InsufficientInstanceCapacity", "No capacity.", "g5.xlarge", "subnet-a", "us-east-1a")] };
        var plan = await PlanAsync("c7i.large", "g5.xlarge");
        using var used = CommandLog.Use(log);
        var launched = Assert.Single(await Launcher.LaunchAsync(plan, _progress, Token));
        Assert.StartsWith($"Pool {launched.InstanceType} in {launched.AvailabilityZone} is used for {launched.InstanceId}: spot", log.Decisions[0], StringComparison.Ordinal);
        Assert.Contains(log.Decisions, line => line.StartsWith("Pool g5.xlarge in us-east-1a is not used", StringComparison.Ordinal) && line.EndsWith("EC2 refuses it with InsufficientInstanceCapacity.", StringComparison.Ordinal));
        Assert.Equal(4, log.Decisions.Count);
    }

    [Fact]
    public async Task Errors_of_all_pools_are_said_grouped()
    {
        _cloud.Ec2.OnFleet = _ => new FleetAnswer([], [new("InsufficientInstanceCapacity", "No capacity.", "c7i.large", "subnet-a", "us-east-1a"), new("InsufficientInstanceCapacity", "No capacity.", "c7i.large", "subnet-b", "us-east-1b")]);
        var plan = await PlanAsync("c7i.large");
        var error = await Assert.ThrowsAsync<RunctlException>(() => Launcher.LaunchAsync(plan, _progress, Token));
        Assert.Equal("No instance of c7i.large could be launched: InsufficientInstanceCapacity (c7i.large in us-east-1a, c7i.large in us-east-1b): No capacity.", error.Message);
        Assert.True(error.IsTransient);
        Assert.Empty(_cloud.Ec2.Templates);
        Assert.Single(_cloud.Ec2.Fleets);
    }

    [Fact]
    public async Task On_demand_stands_in_only_where_it_is_allowed()
    {
        _cloud.Ec2.OnFleet = r => r.Spot ? new FleetAnswer([], [new("InsufficientInstanceCapacity", "No.", null, null, null)]) : _cloud.Ec2.Succeed(r);
        var plan = await Launcher.PlanAsync(new LaunchRequest { InstanceTypes = ["c7i.large"], OnDemandFallback = true }, Token);
        var launched = await Launcher.LaunchAsync(plan, _progress, Token);
        Assert.False(Assert.Single(launched).IsSpot);
        Assert.NotEqual(_cloud.Ec2.Fleets[0].ClientToken, _cloud.Ec2.Fleets[1].ClientToken);
    }

    [Fact]
    public async Task After_a_lost_answer_the_instances_are_found_by_tag_and_terminated()
    {
        _cloud.Ec2.OnFleet = r =>
        {
            _cloud.Ec2.Succeed(r);
            throw FakeInstances.LostAnswer();
        };
        var plan = await PlanAsync("c7i.large");
        await Assert.ThrowsAsync<RunctlException>(() => Launcher.LaunchAsync(plan, _progress, Token));
        Assert.All(_cloud.Ec2.All, i => Assert.Equal("terminated", i.State));
        Assert.Empty(_cloud.Ec2.Templates);
    }

    [Fact]
    public async Task A_failure_stays_the_failure_when_its_undoing_fails_too()
    {
        _cloud.Ec2.OnFleet = r =>
        {
            _cloud.Ec2.Succeed(r);
            throw FakeInstances.LostAnswer();
        };
        _cloud.Ec2.TerminateFailure = new("UnauthorizedOperation", ErrorKind.PermissionDenied, "EC2 TerminateInstances: You are not authorized.");
        var plan = await PlanAsync("c7i.large");
        var error = await Assert.ThrowsAsync<RunctlException>(() => Launcher.LaunchAsync(plan, _progress, Token));
        Assert.Equal("ConnectionFailed", error.Id);
        Assert.StartsWith("The connection broke. Instances of this launch may still be running", error.Message, StringComparison.Ordinal);
        Assert.Contains("You are not authorized", error.Message, StringComparison.Ordinal);
        Assert.Contains("runctl:launch=" + _cloud.Ec2.All[0].Tags[RunctlTags.LaunchId], error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_template_that_can_not_be_removed_does_not_undo_a_launch_that_worked()
    {
        _cloud.Ec2.TemplateFailure = new("UnauthorizedOperation", ErrorKind.PermissionDenied, "EC2 DeleteLaunchTemplate: You are not authorized.");
        Assert.Equal("running", Assert.Single(await Launcher.LaunchAsync(await PlanAsync("c7i.large"), _progress, Token)).State);
        Assert.Contains(_progress.All, item => item.Status.Contains("DeleteLaunchTemplate", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cancelled_in_the_middle_nothing_stays()
    {
        using var cancel = new CancellationTokenSource();
        _cloud.Ec2.OnFleet = r =>
        {
            _cloud.Ec2.Succeed(r);
            cancel.Cancel();
            throw new OperationCanceledException(cancel.Token);
        };
        var plan = await PlanAsync("c7i.large");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Launcher.LaunchAsync(plan, _progress, cancel.Token));
        Assert.All(_cloud.Ec2.All, i => Assert.Equal("terminated", i.State));
        Assert.Empty(_cloud.Ec2.Templates);
    }

    [Fact]
    public async Task Cancelled_while_EC2_launches_its_answer_is_awaited_and_terminated()
    {
        using var cancel = new CancellationTokenSource();
        var answer = new TaskCompletionSource();
        _cloud.Ec2.BeforeFleetAnswer = async token =>
        {
            await cancel.CancelAsync();
            await answer.Task.WaitAsync(token);
        };
        // Found by its answer alone.
        _cloud.Ec2.HiddenFromTags = int.MaxValue;
        var launch = Launcher.LaunchAsync(await PlanAsync("c7i.large"), _progress, cancel.Token);
        Assert.False(launch.IsCompleted);
        answer.SetResult();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => launch);
        Assert.Equal("terminated", Assert.Single(_cloud.Ec2.All).State);
    }

    [Fact]
    public async Task What_EC2_lists_late_after_a_lost_answer_is_terminated_all_the_same()
    {
        _cloud.Ec2.OnFleet = r =>
        {
            _cloud.Ec2.Succeed(r);
            throw FakeInstances.LostAnswer();
        };
        _cloud.Ec2.HiddenFromTags = 3;
        var plan = await PlanAsync("c7i.large");
        await Assert.ThrowsAsync<RunctlException>(() => Launcher.LaunchAsync(plan, _progress, Token));
        Assert.Equal("terminated", Assert.Single(_cloud.Ec2.All).State);
    }

    [Fact]
    public async Task What_a_cancelled_launch_could_not_terminate_is_told_with_its_id()
    {
        using var cancel = new CancellationTokenSource();
        _cloud.Ec2.BeforeFleetAnswer = _ => cancel.CancelAsync();
        _cloud.Ec2.TerminateFailure = new("UnauthorizedOperation", ErrorKind.PermissionDenied, "You are not authorized.");
        var told = new List<string>();
        var plan = await PlanAsync("c7i.large");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new SpotLauncher(_cloud, _cloud.Time) { OnLeftovers = told.Add }.LaunchAsync(plan, _progress, cancel.Token));
        Assert.StartsWith(_cloud.Ec2.All[0].InstanceId + " may still be running and cost money: You are not authorized.", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_failed_launch_leaves_is_terminated_through_an_outage()
    {
        (_cloud.Ec2.TerminateFailure, _cloud.Ec2.TerminateFailures) = (FakeInstances.LostAnswer(), 2);
        using var cancel = new CancellationTokenSource();
        _cloud.Ec2.BeforeFleetAnswer = _ => cancel.CancelAsync();
        var plan = await PlanAsync("c7i.large");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Launcher.LaunchAsync(plan, _progress, cancel.Token));
        Assert.Equal("terminated", Assert.Single(_cloud.Ec2.All).State);
    }

    [Fact]
    public async Task Only_what_runctl_launched_is_removed()
    {
        var mine = _cloud.Ec2.Add("i-mine");
        var other = _cloud.Ec2.Add("i-other", tags: []);
        // Tags in the hand of the caller do not count.
        var forged = other.With(copy => { copy.Tags = new Dictionary<string, string> { [RunctlTags.Managed] = "1" }; });
        var removal = new InstanceRemoval(_cloud);
        Assert.Equal("InstanceNotManaged", (await Assert.ThrowsAsync<RunctlException>(() => removal.RemoveAsync(forged, Token))).Id);
        Assert.Equal("terminated", (await removal.RemoveAsync(mine, Token)).State);
        Assert.Equal("running", _cloud.Ec2.All.Single(i => i.InstanceId == "i-other").State);
    }

    private Task<LaunchPlan> PlanAsync(params string[] types) => Launcher.PlanAsync(new LaunchRequest { InstanceTypes = types }, Token);
}
