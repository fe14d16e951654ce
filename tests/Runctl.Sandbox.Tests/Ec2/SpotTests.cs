using Amazon.EC2;
using Amazon.EC2.Model;
using static Runctl.Sandbox.Tests.Ec2.Ec2Server;

namespace Runctl.Sandbox.Tests.Ec2;

public sealed class SpotTests : IAsyncLifetime
{
    private readonly Ec2Server _server = new();

    [Fact]
    public async Task A_spot_instance_has_an_active_fulfilled_request()
    {
        var id = await _server.RunSpotAsync();
        var instance = await _server.DescribeAsync(id);
        var request = await _server.SpotRequestAsync(id);

        Assert.Equal(instance.SpotInstanceRequestId, request.SpotInstanceRequestId);
        Assert.Equal((SpotInstanceState.Active, "fulfilled"), (request.State, request.Status.Code));
        Assert.Equal(SpotInstanceType.OneTime, request.Type);
        Assert.Equal(instance.Placement.AvailabilityZone, request.LaunchedAvailabilityZone);
    }

    [Fact]
    public async Task A_notice_marks_the_request_and_at_the_deadline_the_instance_is_taken()
    {
        var id = await _server.RunSpotAsync();
        var before = DateTimeOffset.UtcNow;
        var deadline = await _server.Registry.InterruptAsync(id, TimeSpan.FromSeconds(5), "terminate");
        var marked = await _server.SpotRequestAsync(id);
        var noticed = _server.Registry.Get(id);

        Assert.Equal((SpotInstanceState.Active, "marked-for-termination"), (marked.State, marked.Status.Code));
        Assert.Equal(InstanceStateName.Running, (await _server.DescribeAsync(id)).State.Name);
        Assert.Equal(("terminate", deadline), (noticed.Notice!.Action, noticed.Notice.Time));
        Assert.InRange(deadline, before.AddSeconds(5), DateTimeOffset.UtcNow.AddSeconds(5));
        Assert.Equal(deadline, await _server.Registry.InterruptAsync(id, TimeSpan.FromMinutes(2), "terminate"));

        var gone = await _server.UntilAsync(id, "terminated");
        var closed = await _server.SpotRequestAsync(id);

        Assert.True(DateTimeOffset.UtcNow >= deadline);
        Assert.Equal("Server.SpotInstanceTermination", gone.StateReason.Code);
        Assert.Equal((SpotInstanceState.Closed, "instance-terminated-no-capacity"), (closed.State, closed.Status.Code));
        Assert.Equal([$"on {id}", $"off {id} ShuttingDown"], _server.Power.Calls);
    }

    [Fact]
    public async Task A_withdrawn_notice_takes_nothing()
    {
        var id = await _server.RunSpotAsync();
        await _server.Registry.InterruptAsync(id, TimeSpan.FromSeconds(3), "terminate");
        Assert.True(_server.Registry.WithdrawNotice(id));
        await Task.Delay(3200, Ct);

        Assert.Equal(InstanceStateName.Running, (await _server.DescribeAsync(id)).State.Name);
        Assert.Equal("fulfilled", (await _server.SpotRequestAsync(id)).Status.Code);
    }

    [Fact]
    public async Task Only_running_spot_instances_are_interrupted()
    {
        var id = await _server.RunAsync();

        var refusal = await Assert.ThrowsAsync<Sandbox.Ec2.Ec2Exception>(
            () => _server.Registry.InterruptAsync(id, TimeSpan.FromSeconds(1), "terminate"));
        Assert.Equal("UnsupportedOperation", refusal.Code);
    }

    [Fact]
    public async Task Terminating_closes_the_request_as_the_users_doing()
    {
        var id = await _server.RunSpotAsync();
        await _server.Client.TerminateInstancesAsync(new() { InstanceIds = [id] }, Ct);
        await _server.UntilAsync(id, "terminated");
        var request = await _server.SpotRequestAsync(id);

        Assert.Equal((SpotInstanceState.Closed, "instance-terminated-by-user"), (request.State, request.Status.Code));
    }

    [Fact]
    public async Task The_instance_of_a_one_time_request_can_not_be_stopped()
    {
        var id = await _server.RunSpotAsync();

        Assert.Equal("UnsupportedOperation", await Ec2Refusal.CodeAsync(_server.Client.StopInstancesAsync(new() { InstanceIds = [id] }, Ct)));
    }

    [Fact]
    public async Task The_instance_of_a_persistent_request_can_be_stopped_and_started()
    {
        var id = await _server.RunSpotAsync("persistent", "stop");
        await _server.Client.StopInstancesAsync(new() { InstanceIds = [id] }, Ct);
        await _server.UntilAsync(id, "stopped");
        var disabled = await _server.SpotRequestAsync(id);
        await _server.Client.StartInstancesAsync(new() { InstanceIds = [id] }, Ct);
        await _server.UntilAsync(id, "running");
        var active = await _server.SpotRequestAsync(id);

        Assert.Equal((SpotInstanceState.Disabled, "instance-stopped-by-user"), (disabled.State, disabled.Status.Code));
        Assert.Equal((SpotInstanceState.Active, "fulfilled"), (active.State, active.Status.Code));
    }

    [Fact]
    public async Task What_EC2_stopped_only_EC2_starts_again()
    {
        var id = await _server.RunSpotAsync("persistent", "stop");
        await _server.Registry.InterruptAsync(id, TimeSpan.FromMilliseconds(50));
        var stopped = await _server.UntilAsync(id, "stopped");
        var request = await _server.SpotRequestAsync(id);

        Assert.Equal("Server.SpotInstanceShutdown", stopped.StateReason.Code);
        Assert.Equal((SpotInstanceState.Open, "instance-stopped-no-capacity"), (request.State, request.Status.Code));
        Assert.Equal("IncorrectSpotRequestState", await Ec2Refusal.CodeAsync(_server.Client.StartInstancesAsync(new() { InstanceIds = [id] }, Ct)));
        Assert.Equal([$"on {id}", $"off {id} Stopping"], _server.Power.Calls);
    }

    [Fact]
    public async Task With_capacity_again_EC2_starts_what_it_stopped()
    {
        var id = await _server.RunSpotAsync("persistent", "stop");
        Assert.Equal("IncorrectInstanceState", (await Assert.ThrowsAsync<Sandbox.Ec2.Ec2Exception>(() => _server.Registry.ReturnCapacityAsync(id))).Code);
        await _server.Registry.InterruptAsync(id, TimeSpan.FromMilliseconds(50));
        await _server.UntilAsync(id, "stopped");
        _ = _server.Registry.ReturnCapacityAsync(id);
        await _server.UntilAsync(id, "running");

        Assert.Equal("fulfilled", (await _server.SpotRequestAsync(id)).Status.Code);
        Assert.Equal([$"on {id}", $"off {id} Stopping", $"on {id}"], _server.Power.Calls);
    }

    [Fact]
    public async Task What_hibernates_at_an_interruption_is_stopped_and_wakes_with_capacity_and_keeps_nothing_when_it_is_terminated()
    {
        var id = await _server.RunSpotAsync("persistent", "hibernate");
        await _server.Registry.InterruptAsync(id, TimeSpan.FromMinutes(2));
        Assert.Equal("Server.SpotInstanceShutdown", (await _server.UntilAsync(id, "stopped")).StateReason.Code);
        Assert.Equal("IncorrectSpotRequestState", await Ec2Refusal.CodeAsync(_server.Client.StartInstancesAsync(new() { InstanceIds = [id] }, Ct)));
        _ = _server.Registry.ReturnCapacityAsync(id);
        await _server.UntilAsync(id, "running");
        Assert.Null(_server.Registry.Get(id).Notice);
        await _server.Registry.InterruptAsync(id, TimeSpan.FromMinutes(2));
        await _server.UntilAsync(id, "stopped");
        await _server.Client.TerminateInstancesAsync(new() { InstanceIds = [id] }, Ct);
        await _server.UntilAsync(id, "terminated");

        Assert.Equal([$"on {id}", $"hibernate {id}", $"on {id}", $"hibernate {id}", $"off {id} ShuttingDown"], _server.Power.Calls.Where(call => call.Contains(id, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_stopped_instance_is_terminated_with_its_request()
    {
        var id = await _server.RunSpotAsync("persistent", "stop");
        await _server.Client.StopInstancesAsync(new() { InstanceIds = [id] }, Ct);
        await _server.UntilAsync(id, "stopped");
        await _server.Client.CancelSpotInstanceRequestsAsync(new() { SpotInstanceRequestIds = [(await _server.SpotRequestAsync(id)).SpotInstanceRequestId] }, Ct);
        await _server.UntilAsync(id, "terminated");

        Assert.Equal(SpotInstanceState.Cancelled, (await _server.SpotRequestAsync(id)).State);
        Assert.Single(_server.Registry.All);
    }

    [Fact]
    public async Task A_cancelled_request_leaves_its_instance_running()
    {
        var id = await _server.RunSpotAsync("persistent", "stop");
        var request = await _server.SpotRequestAsync(id);
        var cancelled = (await _server.Client.CancelSpotInstanceRequestsAsync(
            new() { SpotInstanceRequestIds = [request.SpotInstanceRequestId] }, Ct)).CancelledSpotInstanceRequests.Single();

        Assert.Equal(CancelSpotInstanceRequestState.Cancelled, cancelled.State);
        Assert.Equal("request-canceled-and-instance-running", (await _server.SpotRequestAsync(id)).Status.Code);
        Assert.Equal(InstanceStateName.Running, (await _server.DescribeAsync(id)).State.Name);
    }

    [Fact]
    public async Task A_persistent_request_replaces_what_its_owner_terminates_until_it_is_cancelled()
    {
        var first = await _server.RunSpotAsync("persistent");
        var request = await _server.SpotRequestAsync(first);
        await _server.Client.TerminateInstancesAsync(new() { InstanceIds = [first] }, Ct);
        await _server.UntilAsync(first, "terminated");
        var second = await _server.NextOfAsync(request.SpotInstanceRequestId, first);
        await _server.UntilAsync(second, "running");
        await _server.Client.CancelSpotInstanceRequestsAsync(new() { SpotInstanceRequestIds = [request.SpotInstanceRequestId] }, Ct);
        await _server.Client.TerminateInstancesAsync(new() { InstanceIds = [second] }, Ct);
        await _server.UntilAsync(second, "terminated");
        await Task.Delay(200, Ct);

        Assert.Equal(2, _server.Registry.All.Count);
        Assert.Equal(SpotInstanceState.Cancelled, (await _server.SpotRequestAsync(second)).State);
    }

    [Fact]
    public async Task To_be_stopped_takes_a_persistent_request() =>
        Assert.Equal("InvalidParameterCombination", await Ec2Refusal.CodeAsync(_server.RunSpotAsync("one-time", "stop")));

    [Fact]
    public async Task A_price_below_the_markets_is_refused() => Assert.Equal("SpotMaxPriceTooLow", await Ec2Refusal.CodeAsync(_server.RunAsync(
        new InstanceMarketOptionsRequest { MarketType = MarketType.Spot, SpotOptions = new() { MaxPrice = "0.002" } })));

    [Fact]
    public async Task An_unknown_request_is_not_found() => Assert.Equal("InvalidSpotInstanceRequestID.NotFound", await Ec2Refusal.CodeAsync(
        _server.Client.DescribeSpotInstanceRequestsAsync(new() { SpotInstanceRequestIds = ["sir-12345678"] }, Ct)));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
