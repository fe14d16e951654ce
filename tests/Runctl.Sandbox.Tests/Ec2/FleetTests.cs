using Amazon.EC2;
using Amazon.EC2.Model;
using static Runctl.Sandbox.Tests.Ec2.Ec2Server;

namespace Runctl.Sandbox.Tests.Ec2;

public sealed class FleetTests : IAsyncLifetime
{
    private readonly Ec2Server _server = new();

    [Fact]
    public async Task A_fleet_launches_spot_instances_in_the_cheapest_pool()
    {
        var fleet = await _server.CreateFleetAsync(["g5.2xlarge", "g4dn.xlarge"]);
        var prices = await _server.Client.DescribeSpotPriceHistoryAsync(new()
        {
            InstanceTypes = ["g4dn.xlarge"], StartTime = DateTime.UtcNow, ProductDescriptions = ["Linux/UNIX"],
        }, Ct);

        var launched = fleet.Instances.Single();
        var instance = await _server.UntilAsync(launched.InstanceIds.Single(), "running");
        Assert.Empty(fleet.Errors ?? []);
        Assert.Equal("g4dn.xlarge", launched.InstanceType);
        Assert.Equal(InstanceLifecycle.Spot, launched.Lifecycle);
        Assert.Equal(InstanceLifecycleType.Spot, instance.InstanceLifecycle);
        Assert.Equal(prices.SpotPriceHistory.MinBy(price => decimal.Parse(price.Price, System.Globalization.CultureInfo.InvariantCulture))!
            .AvailabilityZone, instance.Placement.AvailabilityZone);
        Assert.Equal(launched.LaunchTemplateAndOverrides.Overrides.SubnetId, instance.SubnetId);
        Assert.Contains(instance.Tags, tag => tag is { Key: "runctl:project", Value: "digits" });
        Assert.Contains(instance.Tags, tag => tag.Key == "aws:ec2:fleet-id" && tag.Value == fleet.FleetId);
        Assert.Equal([$"on {instance.InstanceId}"], _server.Power.Calls);
    }

    [Fact]
    public async Task A_pool_without_capacity_is_named_and_the_next_one_is_used()
    {
        _server.Options.PoolErrors["g4dn.xlarge"] = "InsufficientInstanceCapacity";
        var fleet = await _server.CreateFleetAsync(["g5.xlarge", "g4dn.xlarge"], change: request => Loosen(request));

        Assert.Equal("g5.xlarge", fleet.Instances.Single().InstanceType);
        Assert.Equal(3, fleet.Errors.Count);
        Assert.All(fleet.Errors, error =>
        {
            Assert.Equal("InsufficientInstanceCapacity", error.ErrorCode);
            Assert.Equal("g4dn.xlarge", error.LaunchTemplateAndOverrides.Overrides.InstanceType);
            Assert.Equal(InstanceLifecycle.Spot, error.Lifecycle);
        });
    }

    [Fact]
    public async Task One_zone_without_capacity_leaves_the_others()
    {
        _server.Options.PoolErrors["g5.xlarge/us-east-1a"] = "InsufficientInstanceCapacity";
        _server.Options.PoolErrors["g5.xlarge/us-east-1b"] = "InsufficientInstanceCapacity";
        var fleet = await _server.CreateFleetAsync(["g5.xlarge"]);

        var instance = await _server.UntilAsync(fleet.Instances.Single().InstanceIds.Single(), "running");
        Assert.Equal("us-east-1c", instance.Placement.AvailabilityZone);
    }

    [Fact]
    public async Task Where_every_pool_fails_the_answer_is_no_exception_but_holds_errors_only()
    {
        _server.Options.PoolErrors["g5.xlarge"] = "MaxSpotInstanceCountExceeded";
        var fleet = await _server.CreateFleetAsync(["g5.xlarge"]);

        Assert.Empty(fleet.Instances ?? []);
        Assert.Equal(["MaxSpotInstanceCountExceeded"], fleet.Errors.Select(error => error.ErrorCode).Distinct());
        Assert.Empty(_server.Registry.All);
    }

    [Fact]
    public async Task The_spot_quota_does_not_concern_on_demand()
    {
        _server.Options.PoolErrors["g5.xlarge"] = "MaxSpotInstanceCountExceeded";
        var fleet = await _server.CreateFleetAsync(["g5.xlarge"], change: OnDemand);

        Assert.Equal(InstanceLifecycle.OnDemand, fleet.Instances.Single().Lifecycle);
        Assert.Null((await _server.UntilAsync(fleet.Instances.Single().InstanceIds.Single(), "running")).InstanceLifecycle);
    }

    [Fact]
    public async Task Tags_for_spot_requests_make_an_on_demand_launch_fail()
    {
        await _server.CreateTemplateAsync("with-spot-tags", data => data.TagSpecifications.Add(
            new() { ResourceType = ResourceType.SpotInstancesRequest, Tags = [new("a", "b")] }));
        var fleet = await _server.CreateFleetAsync(["g5.xlarge"], change: OnDemand, template: "with-spot-tags");

        Assert.Empty(fleet.Instances ?? []);
        Assert.All(fleet.Errors, error => Assert.Equal("InvalidParameterValue", error.ErrorCode));
    }

    [Fact]
    public async Task Less_than_the_minimum_is_nothing_at_all()
    {
        _server.Options.PoolErrors["g5.xlarge"] = "2:InsufficientInstanceCapacity";
        var three = await _server.CreateFleetAsync(["g5.xlarge"], zones: "a", count: 3);
        var two = await _server.CreateFleetAsync(["g5.xlarge"], zones: "a", count: 2);

        Assert.Empty(three.Instances ?? []);
        Assert.Equal("InsufficientInstanceCapacity", three.Errors.Single().ErrorCode);
        Assert.Equal(2, two.Instances.Single().InstanceIds.Count);
    }

    [Fact]
    public async Task A_single_zone_is_kept_to()
    {
        foreach (var zone in "ab")
        {
            _server.Options.PoolErrors[$"g5.xlarge/us-east-1{zone}"] = "1:InsufficientInstanceCapacity";
            _server.Options.PoolErrors[$"g4dn.xlarge/us-east-1{zone}"] = "1:InsufficientInstanceCapacity";
        }

        var fleet = await _server.CreateFleetAsync(["g5.xlarge", "g4dn.xlarge"], zones: "ab", count: 2);

        Assert.Equal(["g4dn.xlarge", "g5.xlarge"], fleet.Instances.Select(part => part.InstanceType.Value).Order());
        Assert.Single(fleet.Instances.Select(part => part.LaunchTemplateAndOverrides.Overrides.SubnetId).Distinct());
    }

    [Fact]
    public async Task A_price_below_that_of_a_pool_is_an_error_of_that_pool()
    {
        var fleet = await _server.CreateFleetAsync(["g5.xlarge", "g4dn.xlarge"], change: request =>
        {
            Loosen(request);
            request.LaunchTemplateConfigs[0].Overrides.ForEach(pool => pool.MaxPrice = "0.05");
        });

        Assert.Empty(fleet.Instances ?? []);
        Assert.Equal(["SpotMaxPriceTooLow"], fleet.Errors.Select(error => error.ErrorCode).Distinct());
    }

    [Fact]
    public async Task A_type_that_a_zone_has_not_is_an_error_of_that_pool()
    {
        var fleet = await _server.CreateFleetAsync(["p3.2xlarge"], zones: "a");

        Assert.Equal("InvalidFleetConfiguration", fleet.Errors.Single().ErrorCode);
    }

    [Fact]
    public async Task An_unknown_instance_profile_is_an_error_of_every_pool()
    {
        await _server.CreateTemplateAsync("unknown-profile", data => data.IamInstanceProfile = new() { Name = "Nobody" });
        var fleet = await _server.CreateFleetAsync(["g5.xlarge"], template: "unknown-profile");

        Assert.Equal("InvalidParameterValue", fleet.Errors[0].ErrorCode);
        Assert.Contains("iamInstanceProfile.name", fleet.Errors[0].ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_token_launches_once()
    {
        void WithToken(CreateFleetRequest request) => request.ClientToken = "one";
        var first = await _server.CreateFleetAsync(["g5.xlarge"], change: WithToken);
        var again = await _server.CreateFleetAsync(["g5.xlarge"], change: WithToken);

        Assert.Equal(first.FleetId, again.FleetId);
        Assert.Equal(first.Instances.Single().InstanceIds, again.Instances.Single().InstanceIds);
        Assert.Single(_server.Registry.All);
        Assert.Equal("IdempotentParameterMismatch", await Ec2Refusal.CodeAsync(_server.CreateFleetAsync(["g6.xlarge"], change: WithToken)));
    }

    [Fact]
    public async Task Two_subnets_of_one_zone_for_one_type_are_duplicate_pools() =>
        Assert.Equal("InvalidFleetConfig", await Ec2Refusal.CodeAsync(_server.CreateFleetAsync(["g5.xlarge", "g5.xlarge"])));

    [Fact]
    public async Task A_minimum_needs_a_single_type_or_zone() => Assert.Equal("InvalidFleetConfig", await Ec2Refusal.CodeAsync(
        _server.CreateFleetAsync(["g5.xlarge"], change: request => request.SpotOptions.SingleAvailabilityZone = false)));

    [Fact]
    public async Task A_fleet_without_its_template_is_refused() => Assert.Equal("InvalidLaunchTemplateName.NotFoundException",
        await Ec2Refusal.CodeAsync(_server.CreateFleetAsync(["g5.xlarge"], template: "gone")));

    [Fact]
    public async Task Only_fleet_and_instance_can_be_tagged_by_a_fleet() => Assert.Equal("InvalidParameterValue",
        await Ec2Refusal.CodeAsync(_server.CreateFleetAsync(["g5.xlarge"], change: request => request.TagSpecifications =
            [new() { ResourceType = ResourceType.Volume, Tags = [new("a", "b")] }])));

    [Fact]
    public async Task A_fleet_is_described_by_its_id_and_takes_its_instances_with_it()
    {
        var created = await _server.CreateFleetAsync(["g5.xlarge"], count: 2, change: request => request.TagSpecifications =
            [new() { ResourceType = ResourceType.Fleet, Tags = [new("runctl:run", "r1")] }]);
        var unnamed = await _server.Client.DescribeFleetsAsync(new(), Ct);
        var described = (await _server.Client.DescribeFleetsAsync(new() { FleetIds = [created.FleetId] }, Ct)).Fleets.Single();

        Assert.Empty(unnamed.Fleets ?? []);
        Assert.Equal(FleetStateCode.Active, described.FleetState);
        Assert.Equal(created.Instances.Single().InstanceIds, described.Instances.Single().InstanceIds);
        Assert.Equal("r1", described.Tags.Single().Value);
        Assert.Equal(2, described.TargetCapacitySpecification.TotalTargetCapacity);

        var deleted = await _server.Client.DeleteFleetsAsync(new()
        {
            FleetIds = [created.FleetId, "fleet-unknown"], TerminateInstances = true,
        }, Ct);

        Assert.Equal(created.FleetId, deleted.SuccessfulFleetDeletions.Single().FleetId);
        Assert.Equal(DeleteFleetErrorCode.FleetIdDoesNotExist, deleted.UnsuccessfulFleetDeletions.Single().Error.Code);
        foreach (var id in created.Instances.Single().InstanceIds)
        {
            await _server.UntilAsync(id, "terminated");
        }
    }

    public async ValueTask InitializeAsync() => await _server.CreateTemplateAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static void Loosen(CreateFleetRequest request) => request.SpotOptions =
        new() { AllocationStrategy = SpotAllocationStrategy.PriceCapacityOptimized };

    private static void OnDemand(CreateFleetRequest request)
    {
        request.SpotOptions = null;
        request.TargetCapacitySpecification.DefaultTargetCapacityType = DefaultTargetCapacityType.OnDemand;
    }
}
