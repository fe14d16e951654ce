using Amazon.EC2;
using Amazon.EC2.Model;
using Runctl.Sandbox.Tests.Signing;
using static Runctl.Sandbox.Tests.Ec2.Ec2Server;

namespace Runctl.Sandbox.Tests.Ec2;

public sealed class InstanceTests : IAsyncLifetime
{
    private readonly Ec2Server _server = new();

    [Fact]
    public async Task An_instance_is_pending_first_and_runs_after_its_boot_time()
    {
        await using var server = new Ec2Server(bootTime: TimeSpan.FromSeconds(2));
        var reservation = (await server.Client.RunInstancesAsync(Two(), Ct)).Reservation;
        var id = reservation.Instances[0].InstanceId;

        Assert.Equal(2, reservation.Instances.Count);
        Assert.Equal(InstanceStateName.Pending, reservation.Instances[0].State.Name);
        Assert.Empty(server.Power.Calls);
        var running = await server.UntilAsync(id, "running");
        Assert.Equal(("m5.large", Ubuntu), (running.InstanceType.Value, running.ImageId));
        Assert.StartsWith("172.31.", running.PrivateIpAddress, StringComparison.Ordinal);
        Assert.Equal("/dev/sda1", running.RootDeviceName);
        Assert.Null(running.StateReason);
        Assert.Equal(reservation.Instances.Count, (await server.Client.DescribeInstancesAsync(
            new() { Filters = [new("reservation-id", [reservation.ReservationId])] }, Ct)).Reservations.Single().Instances.Count);
    }

    [Fact]
    public async Task A_new_id_is_unknown_for_a_moment()
    {
        var clock = new FixedClock(DateTimeOffset.UtcNow);
        await using var server = new Ec2Server(clock: clock);
        var id = (await server.Client.RunInstancesAsync(Two(), Ct)).Reservation.Instances[0].InstanceId;

        Assert.Equal("InvalidInstanceID.NotFound", await Ec2Refusal.CodeAsync(server.DescribeAsync(id)));
        Assert.Equal("InvalidInstanceID.NotFound", await Ec2Refusal.CodeAsync(
            server.Client.CreateTagsAsync(new CreateTagsRequest([id], [new("a", "b")]), Ct)));
        clock.Now += TimeSpan.FromMilliseconds(200);
        Assert.Equal(id, (await server.DescribeAsync(id)).InstanceId);
    }

    [Fact]
    public async Task Terminating_tells_both_states_and_the_instance_stays_listed()
    {
        var id = await _server.RunAsync();
        var change = (await _server.Client.TerminateInstancesAsync(new() { InstanceIds = [id] }, Ct)).TerminatingInstances.Single();
        var gone = await _server.UntilAsync(id, "terminated");
        var again = (await _server.Client.TerminateInstancesAsync(new() { InstanceIds = [id] }, Ct)).TerminatingInstances.Single();

        Assert.Equal(InstanceStateName.Running, change.PreviousState.Name);
        Assert.True(change.CurrentState.Name.Value is "shutting-down" or "terminated");
        Assert.Equal("Client.UserInitiatedShutdown", gone.StateReason.Code);
        Assert.StartsWith("User initiated (", gone.StateTransitionReason, StringComparison.Ordinal);
        Assert.Null(gone.PrivateIpAddress);
        Assert.Equal(InstanceStateName.Terminated, again.PreviousState.Name);
        Assert.Equal([$"on {id}", $"off {id} ShuttingDown"], _server.Power.Calls);
    }

    [Fact]
    public async Task An_instance_can_be_terminated_before_it_runs()
    {
        await using var server = new Ec2Server(bootTime: TimeSpan.FromMinutes(1));
        var id = (await server.Client.RunInstancesAsync(Two(1), Ct)).Reservation.Instances[0].InstanceId;
        await server.Client.TerminateInstancesAsync(new() { InstanceIds = [id] }, Ct);
        await server.UntilAsync(id, "terminated");

        Assert.Equal([$"off {id} ShuttingDown"], server.Power.Calls);
    }

    [Fact]
    public async Task What_can_not_be_powered_on_is_terminated_and_says_why()
    {
        _server.Power.Failure = new IOException("No space left");
        var id = (await _server.Client.RunInstancesAsync(Two(1), Ct)).Reservation.Instances[0].InstanceId;
        var failed = await _server.UntilAsync(id, "terminated");

        Assert.Equal("Server.InternalError", failed.StateReason.Code);
        Assert.Contains("No space left", failed.StateReason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_on_demand_instance_stops_and_starts_on_the_same_disk()
    {
        var id = await _server.RunAsync();
        await _server.Client.StopInstancesAsync(new() { InstanceIds = [id] }, Ct);
        var stopped = await _server.UntilAsync(id, "stopped");
        var started = (await _server.Client.StartInstancesAsync(new() { InstanceIds = [id] }, Ct)).StartingInstances.Single();
        var running = await _server.UntilAsync(id, "running");

        Assert.Equal("Client.UserInitiatedShutdown", stopped.StateReason.Code);
        Assert.Equal((InstanceStateName.Stopped, InstanceStateName.Pending), (started.PreviousState.Name, started.CurrentState.Name));
        Assert.Equal(stopped.PrivateIpAddress, running.PrivateIpAddress);
        Assert.Equal([$"on {id}", $"off {id} Stopping", $"on {id}"], _server.Power.Calls);
    }

    [Fact]
    public async Task A_terminated_instance_can_be_neither_started_nor_stopped()
    {
        var id = await _server.RunAsync();
        await _server.Client.TerminateInstancesAsync(new() { InstanceIds = [id] }, Ct);
        await _server.UntilAsync(id, "terminated");

        Assert.Equal("IncorrectInstanceState", await Ec2Refusal.CodeAsync(_server.Client.StartInstancesAsync(new() { InstanceIds = [id] }, Ct)));
        Assert.Equal("IncorrectInstanceState", await Ec2Refusal.CodeAsync(_server.Client.StopInstancesAsync(new() { InstanceIds = [id] }, Ct)));
    }

    [Fact]
    public async Task An_instance_that_shuts_itself_down_says_so()
    {
        var id = await _server.RunAsync(change: request => request.InstanceInitiatedShutdownBehavior = ShutdownBehavior.Terminate);
        await _server.Registry.ShutDownAsync(id);

        Assert.Equal("Client.InstanceInitiatedShutdown", (await _server.UntilAsync(id, "terminated")).StateReason.Code);
    }

    [Fact]
    public async Task One_unknown_id_keeps_all_of_them_alive()
    {
        var id = await _server.RunAsync();

        Assert.Equal("InvalidInstanceID.NotFound", await Ec2Refusal.CodeAsync(
            _server.Client.TerminateInstancesAsync(new() { InstanceIds = [id, "i-00000000000000000"] }, Ct)));
        Assert.Equal("InvalidInstanceID.Malformed", await Ec2Refusal.CodeAsync(
            _server.Client.TerminateInstancesAsync(new() { InstanceIds = [id, "i-nonsense"] }, Ct)));
        Assert.Equal(InstanceStateName.Running, (await _server.DescribeAsync(id)).State.Name);
    }

    [Fact]
    public async Task Filters_select_by_id_state_lifecycle_and_tag()
    {
        var onDemand = await _server.RunAsync();
        var spot = await _server.RunSpotAsync();
        await _server.Client.CreateTagsAsync(new CreateTagsRequest([spot], [new("runctl:project", "digits")]), Ct);

        Assert.Equal([spot], await FindAsync(new("instance-lifecycle", ["spot"])));
        Assert.Equal([spot], await FindAsync(new("tag:runctl:project", ["dig*"])));
        Assert.Equal([spot], await FindAsync(new("tag-key", ["runctl:project"])));
        Assert.Equal([onDemand], await FindAsync(new("instance-id", [onDemand, "i-00000000000000000"])));
        Assert.Equal([onDemand, spot], await FindAsync(new("instance-state-name", ["running", "pending"])));
        Assert.Empty(await FindAsync(new("instance-state-name", ["stopped"])));
        Assert.Equal("InvalidParameterValue", await Ec2Refusal.CodeAsync(FindAsync(new("colour", ["red"]))));
    }

    [Fact]
    public async Task Instances_are_paged()
    {
        foreach (var instance in (await _server.Client.RunInstancesAsync(Two(7), Ct)).Reservation.Instances)
        {
            await _server.UntilAsync(instance.InstanceId, "running");
        }

        var pages = await _server.Client.Paginators.DescribeInstances(new() { MaxResults = 5 }).Responses.ToListAsync(Ct);

        Assert.Equal([5, 2], pages.Select(page => page.Reservations.Sum(part => part.Instances.Count)));
        Assert.Equal("InvalidParameterCombination", await Ec2Refusal.CodeAsync(_server.Client.DescribeInstancesAsync(
            new() { MaxResults = 5, InstanceIds = [_server.Registry.All[0].InstanceId] }, Ct)));
        Assert.Equal("InvalidParameterValue", await Ec2Refusal.CodeAsync(_server.Client.DescribeInstancesAsync(new() { MaxResults = 4 }, Ct)));
    }

    [Fact]
    public async Task Status_is_of_running_instances_unless_all_are_asked_for()
    {
        var running = await _server.RunAsync();
        var stopped = await _server.RunAsync();
        await _server.Client.StopInstancesAsync(new() { InstanceIds = [stopped] }, Ct);
        await _server.UntilAsync(stopped, "stopped");

        var some = (await _server.Client.DescribeInstanceStatusAsync(new(), Ct)).InstanceStatuses;
        var all = (await _server.Client.DescribeInstanceStatusAsync(new() { IncludeAllInstances = true }, Ct)).InstanceStatuses;

        Assert.Equal(running, some.Single().InstanceId);
        Assert.Equal(SummaryStatus.Ok, some.Single().Status.Status);
        Assert.Equal([running, stopped], all.Select(status => status.InstanceId));
    }

    [Fact]
    public async Task The_same_token_runs_once()
    {
        var request = Two();
        request.ClientToken = "one";
        var first = await _server.Client.RunInstancesAsync(request, Ct);
        var again = await _server.Client.RunInstancesAsync(request, Ct);

        Assert.Equal(first.Reservation.ReservationId, again.Reservation.ReservationId);
        Assert.Equal(2, _server.Registry.All.Count);
    }

    [Theory]
    [InlineData("InvalidParameterValue", "c9.huge", null, null)]
    [InlineData("InvalidParameterValue", "c6g.large", null, null)]
    [InlineData("InvalidAMIID.NotFound", "c5.large", "ami-00000000000000000", null)]
    [InlineData("InvalidAMIID.Malformed", "c5.large", "ami-x", null)]
    [InlineData("InvalidParameterValue", "c5.large", null, "Nobody")]
    public async Task What_does_not_exist_or_fit_is_refused(string code, string type, string? image, string? profile) =>
        Assert.Equal(code, await Ec2Refusal.CodeAsync(_server.RunAsync(change: request =>
        {
            request.InstanceType = type;
            request.ImageId = image ?? Ubuntu;
            request.IamInstanceProfile = profile is null ? null : new() { Name = profile };
        })));

    [Fact]
    public async Task A_zone_without_the_type_is_unsupported() => Assert.Equal("Unsupported", await Ec2Refusal.CodeAsync(
        _server.RunAsync(change: request => (request.InstanceType, request.Placement) = ("p3.2xlarge", new() { AvailabilityZone = "us-east-1a" }))));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static RunInstancesRequest Two(int count = 2) =>
        new() { ImageId = Ubuntu, InstanceType = "m5.large", MinCount = 1, MaxCount = count };

    private async Task<IEnumerable<string>> FindAsync(Filter filter) =>
        ((await _server.Client.DescribeInstancesAsync(new() { Filters = [filter] }, Ct)).Reservations ?? [])
        .SelectMany(reservation => reservation.Instances).Select(instance => instance.InstanceId);
}
