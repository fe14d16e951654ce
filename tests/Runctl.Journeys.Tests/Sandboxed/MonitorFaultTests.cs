using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Monitoring;
using Runctl.Ports;
using Runctl.Sandbox;

namespace Runctl.Journeys.Tests.Sandboxed;

/// <summary>What a monitor bears of AWS: real clients against a sandbox whose services fail.</summary>
public sealed class MonitorFaultTests : SandboxedTest
{
    private static readonly string[] Polled = ["SendCommand", "GetCommandInvocation", "ListCommandInvocations", "DescribeInstanceInformation"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Throttled_calls_are_made_again_in_silence_no_more_often_than_needed_by_all_who_share_the_connection()
    {
        await using var training = await WatchedTraining.StartAsync(Fixture);
        var faults = Polled
            .Select(o => Fixture.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = "ssm:" + o, Kind = SandboxFaultKind.Throttling, Count = 2 })).ToList();
        training.Watch();
        await using var second = new InstanceMonitor(Fixture.Cloud, TimeProvider.System);
        var told = new MonitorObserver();
        second.Watch(new MonitorTarget(training.Training, TimeSpan.FromMilliseconds(400)), told);
        // A command of its own is waited for by GetCommandInvocation.
        await new GuardClient(Fixture.Cloud, TimeProvider.System).CallAsync(training.InstanceId, ["status"], null, GuardClient.ShortCall, Token);
        await WatchedTraining.UntilAsync(() => training.Told.Events.Count > 0 && told.Events.Count > 0 && faults.TrueForAll(f => f.Hits == 2));
        Assert.Empty(training.Told.Warnings);
        Assert.Empty(told.Warnings);
    }

    [Fact]
    public async Task An_outage_that_lasts_is_told_once_and_its_end_and_the_events_of_meanwhile_follow()
    {
        await using var training = await WatchedTraining.StartAsync(Fixture);
        training.Watch();
        await WatchedTraining.UntilAsync(() => training.Told.Events.Count > 0);
        var outage = Fixture.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = "ssm:SendCommand", Kind = SandboxFaultKind.ClientError, Code = "AccessDeniedException", InstanceId = training.InstanceId });
        await WatchedTraining.UntilAsync(() => outage.Hits > 3);
        await Fixture.Sandbox.InterruptAsync(training.InstanceId, TimeSpan.FromSeconds(60));
        await WatchedTraining.UntilAsync(() => training.Signals.Length > 0);
        outage.Remove();
        Assert.Equal("interrupted", (await training.EndAsync()).State);
        Assert.Equal(training.Told.Events.Select((_, i) => i + 1L), training.Told.Events.Select(e => e.Sequence));
        Assert.Equal(2, training.Told.Warnings.Count);
        Assert.Contains("AccessDeniedException", training.Told.Warnings[0], StringComparison.Ordinal);
        Assert.Equal("AWS answers again; no event was lost.", training.Told.Warnings[1]);
    }

    [Fact]
    public async Task An_agent_out_of_reach_is_told_once_and_a_guard_that_died_meanwhile_is_started_when_it_is_back()
    {
        await using var training = await WatchedTraining.StartAsync(Fixture);
        await training.KillGuardAsync();
        var normal = Fixture.Sandbox.GetConditions(training.InstanceId);
        Fixture.Sandbox.SetConditions(training.InstanceId, normal with { SsmOnline = false });
        training.Watch();
        await WatchedTraining.UntilAsync(() => training.Told.Warnings.Count == 1);
        await Task.Delay(TimeSpan.FromSeconds(1.5), Token);
        Fixture.Sandbox.SetConditions(training.InstanceId, normal);
        await WatchedTraining.UntilAsync(() => training.Told.Warnings.Any(w => w.EndsWith("runs again.", StringComparison.Ordinal)));
        Assert.Contains("not online in SSM", training.Told.Warnings[0], StringComparison.Ordinal);
        Assert.Equal(
            [$"Instance {training.InstanceId} answers again; no event was lost.", $"The guard on {training.InstanceId} is not running; starting it again.", $"The guard on {training.InstanceId} runs again."],
            training.Told.Warnings.Skip(1).Order());
    }

    [Fact]
    public async Task An_instance_that_is_terminated_in_the_middle_ends_its_run_with_what_it_left_in_S3()
    {
        await using var training = await WatchedTraining.StartAsync(Fixture);
        training.Watch();
        await WatchedTraining.UntilAsync(() => training.Told.Events.Count > 0);
        await Fixture.Cloud.Instances.TerminateAsync([training.InstanceId], Token);
        Assert.True((await training.EndAsync()).HasEnded);
        Assert.Equal(training.Told.Events.Select((_, i) => i + 1L), training.Told.Events.Select(e => e.Sequence));
        Assert.Empty(training.Told.Warnings);
    }

    [Fact]
    public async Task An_instance_that_dies_after_it_was_listed_fails_the_command_and_the_others_are_asked_all_the_same()
    {
        var launched = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            launched.Add((await Fixture.LaunchAsync(Token)).InstanceId);
        }

        var inventory = string.Join(",", launched.Select(id => $$"""{"InstanceId":"{{id}}","PingStatus":"Online"}"""));
        await Fixture.Cloud.Instances.TerminateAsync([launched[2]], Token);
        Fixture.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = "ssm:DescribeInstanceInformation", Kind = SandboxFaultKind.WrongAnswer, Message = $$"""{"InstanceInformationList":[{{inventory}}]}""" });
        // EC2 may not know it either at that moment: then the command is halved until the dead one stands alone.
        var blind = Fixture.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = "ec2:DescribeInstances", Kind = SandboxFaultKind.ClientError, Code = "UnauthorizedOperation", Count = 1 });
        var answers = await new GuardGroupClient(Fixture.Cloud, TimeProvider.System).AskAsync(launched, ["status"], Token);
        Assert.Equal(1, blind.Hits);
        Assert.Equal("InstanceGone", answers[launched[2]].Error!.Id);
        // They have no guard, and say so: they were asked.
        Assert.All(launched.Where(id => id != launched[2]), id => Assert.Equal("GuardMissing", answers[id].Error!.Id));
    }

    [Fact]
    public async Task Throttling_without_end_is_an_error_that_says_so_and_other_calls_go_on_at_once()
    {
        using var cloud = Fixture.Connect();
        var fault = Fixture.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = "ssm:GetParameter", Kind = SandboxFaultKind.Throttling });
        var error = await Assert.ThrowsAsync<RunctlException>(() => cloud.Commands.FindParameterAsync("/x", Token));
        Assert.True(error.IsTransient);
        Assert.Equal("ThrottlingException", error.ServiceErrorCode);
        Assert.Equal(7, fault.Hits);
        Assert.Empty(await cloud.Commands.FindManagedAsync(["i-00000000000000000"], Token));
    }
}
