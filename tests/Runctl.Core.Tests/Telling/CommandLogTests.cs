using Runctl.Core.Tests.Fakes;
using Runctl.Ports;
using Runctl.Telling;

namespace Runctl.Core.Tests.Telling;

public sealed class CommandLogTests
{
    [Fact]
    public async Task Commands_that_run_side_by_side_have_a_log_each()
    {
        var logs = await Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
        {
            var log = new RecordedLog();
            using var used = CommandLog.Use(log);
            await Task.Run(async () =>
            {
                await Task.Yield();
                CommandLog.Decided($"{number}");
            });
            return (number, log);
        }));
        Assert.All(logs, entry => Assert.Equal([$"{entry.number}"], entry.log.Decisions));
    }

    [Fact]
    public async Task Work_that_a_command_leaves_behind_keeps_its_log_and_what_follows_has_none()
    {
        var log = new RecordedLog();
        var gate = new TaskCompletionSource();
        Task left;
        using (CommandLog.Use(log))
        {
            left = TellLaterAsync(gate.Task);
        }

        CommandLog.Decided("of nobody");
        gate.SetResult();
        await left;
        Assert.Equal(["left behind"], log.Decisions);
    }

    [Fact]
    public void A_call_in_a_line_has_service_operation_outcome_time_try_and_request()
    {
        var call = new ServiceCall("EC2", "DescribeInstances", "200", "r-1", TimeSpan.FromMilliseconds(12.4), 2, HasFailed: false);
        Assert.Equal("EC2 DescribeInstances: 200, 12 ms, try 2, request r-1", call.ToString());
        Assert.Equal("EC2 DescribeInstances: the connection was refused, 0 ms, request unknown", (call with { Outcome = "the connection was refused", RequestId = null, Duration = default, Try = 1 }).ToString());
    }

    private static async Task TellLaterAsync(Task gate)
    {
        await gate;
        CommandLog.Decided("left behind");
    }
}
