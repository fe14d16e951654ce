using Runctl.Core.Tests.Fakes;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Resuming;

namespace Runctl.Core.Tests.Resuming;

/// <summary>What a replacement is launched from, and where.</summary>
public sealed class ReplacementTests
{
    private readonly FakeCloud _cloud = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_pool_just_lost_is_left_out_of_the_first_call_and_allowed_in_the_second()
    {
        _cloud.Ec2.OnFleet = request => request.Without.Count > 0
            ? new FleetAnswer([], [new PoolError("InsufficientInstanceCapacity", "none", null, null, null)])
            : _cloud.Ec2.Succeed(request);
        _cloud.Ec2.Types.Add(new("c7i.xlarge", ["x86_64"], false, true));
        await LaunchAsync("c7i.large", "c7i.xlarge");
        Assert.Equal(2, _cloud.Ec2.Fleets.Count);
        Assert.Equal([("c7i.large", "subnet-a")], _cloud.Ec2.Fleets[0].Without);
        Assert.Empty(_cloud.Ec2.Fleets[1].Without);
        Assert.NotEqual(_cloud.Ec2.Fleets[0].ClientToken, _cloud.Ec2.Fleets[1].ClientToken);
        Assert.Empty(_cloud.Ec2.Templates);
    }

    [Fact]
    public async Task One_that_is_found_elsewhere_needs_no_second_call()
    {
        await LaunchAsync("c7i.large");
        Assert.Equal([("c7i.large", "subnet-a")], Assert.Single(_cloud.Ec2.Fleets).Without);
    }

    [Fact]
    public void It_is_what_the_run_was_launched_from_unless_something_else_is_asked_for()
    {
        var story = new Story();
        var original = new LaunchRequest
        {
            InstanceTypes = ["g5.xlarge", "g6.xlarge"], SubnetIds = ["subnet-b"], SecurityGroupIds = ["sg-1"], IamInstanceProfile = "P", ImageId = "ami-1", MaxPrice = 1m, VolumeSizeGiB = 200, Count = 4,
            Tags = new Dictionary<string, string> { ["team"] = "vision" },
        };
        var spec = story.Spec with { Launch = original };
        Assert.Equivalent(original with { Count = 1 }, Replacement.RequestOf(spec, new ResumeRequest { RunId = spec.RunId }), strict: true);
        var changed = Replacement.RequestOf(spec, new ResumeRequest { RunId = spec.RunId, InstanceTypes = ["g6.xlarge"], MaxPrice = 2m, OnDemandFallback = true });
        Assert.Equivalent(original with { Count = 1, InstanceTypes = ["g6.xlarge"], MaxPrice = 2m, OnDemandFallback = true }, changed, strict: true);
    }

    [Fact]
    public void Where_another_session_launched_the_instance_shows_what_it_was()
    {
        var instance = _cloud.Ec2.Add("i-1", tags: new() { [RunctlTags.Managed] = "1", ["aws:ec2:fleet-id"] = "f", ["team"] = "vision" }).With(copy => { copy.SubnetId = "subnet-a"; copy.ImageId = "ami-7"; });
        var launch = Replacement.RequestOf(null, instance);
        Assert.Equal(("c7i.large", "subnet-a", "Profile", "ami-7"), (Assert.Single(launch.InstanceTypes), Assert.Single(launch.SubnetIds), launch.IamInstanceProfile, launch.ImageId));
        Assert.Equal("team", Assert.Single(launch.Tags).Key);
    }

    private async Task LaunchAsync(params string[] types)
    {
        var launcher = new SpotLauncher(_cloud, _cloud.Time);
        var plan = await launcher.PlanAsync(new LaunchRequest { InstanceTypes = types, ImageId = "ami-1" }, new InstancePool("c7i.large", "us-east-1a"), Token);
        Assert.Single(await launcher.LaunchAsync(plan, new Progress<ProgressUpdate>(), Token));
    }
}
