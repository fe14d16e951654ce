using Amazon.SimpleSystemsManagement.Model;
using Runctl.Sandbox.Tests.Ssm;
using static Runctl.Sandbox.Tests.Faults.FaultySandbox;

namespace Runctl.Sandbox.Tests.Faults;

/// <summary>An SSM agent that SSM does not reach.</summary>
public sealed class AgentReachTests : IAsyncLifetime
{
    private FaultySandbox _sandbox = null!;
    private string _id = "";

    public async ValueTask InitializeAsync()
    {
        _sandbox = await FaultySandbox.StartAsync();
        _id = await _sandbox.LaunchAsync();
    }

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task Its_connection_is_lost_and_what_is_sent_waits_until_it_is_back()
    {
        Reach(false);
        Assert.Equal("ConnectionLost", await PingAsync());
        var command = await _sandbox.Running.SendAsync(_id, "echo delivered");
        await Eventually.TrueAsync(async () => await StatusAsync(command) == "Pending");

        Reach(true);
        Assert.Equal("Online", await PingAsync());
        Assert.Equal("delivered\n", (await _sandbox.Running.FinishAsync(command, _id)).StandardOutputContent);
    }

    [Fact]
    public async Task What_runs_goes_on_and_reports_when_it_is_back()
    {
        var root = _sandbox.Running.RootOf(_id);
        var command = await _sandbox.Running.SendAsync(
            _id, "touch $RUNCTL_ROOT/tmp/began; while [ ! -e $RUNCTL_ROOT/tmp/go ]; do sleep 0.05; done; echo through; touch $RUNCTL_ROOT/tmp/done");
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(root, "tmp/began")));
        Reach(false);
        await File.WriteAllTextAsync(Path.Combine(root, "tmp/go"), "", Ct);
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(root, "tmp/done")));
        await Task.Delay(200, Ct);
        Assert.Equal("InProgress", await StatusAsync(command));

        Reach(true);
        Assert.Equal("through\n", (await _sandbox.Running.FinishAsync(command, _id)).StandardOutputContent);
    }

    [Fact]
    public async Task An_agent_that_was_never_reached_is_not_known()
    {
        _sandbox.Sandbox.InitialConditions = new() { SsmOnline = false };
        var id = _sandbox.Running.Launch();
        await Eventually.TrueAsync(() => _sandbox.Sandbox.Instances[^1].State == "running");
        await Task.Delay(200, Ct);
        await Assert.ThrowsAsync<InvalidInstanceIdException>(() => _sandbox.Running.SendAsync(id, "true"));
        var known = await _sandbox.Running.Ssm.DescribeInstanceInformationAsync(new(), Ct);
        Assert.Equal(_id, Assert.Single(known.InstanceInformationList).InstanceId);

        _sandbox.Sandbox.SetConditions(id, new());
        Assert.Equal("Success", (await _sandbox.Running.RunAsync(id, "true")).Status.Value);
    }

    private void Reach(bool online) => _sandbox.Sandbox.SetConditions(_id, new() { SsmOnline = online });

    private async Task<string> PingAsync() =>
        (await _sandbox.Running.Ssm.DescribeInstanceInformationAsync(new(), Ct)).InstanceInformationList.Single().PingStatus.Value;

    private async Task<string?> StatusAsync(string command)
    {
        var listed = await _sandbox.Running.Ssm.ListCommandInvocationsAsync(new ListCommandInvocationsRequest { CommandId = command }, Ct);
        return listed.CommandInvocations?.SingleOrDefault()?.Status.Value;
    }
}
