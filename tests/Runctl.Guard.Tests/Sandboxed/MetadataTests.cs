using Runctl.Sandbox;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>A metadata service that does not say what it should.</summary>
public sealed class MetadataTests(GuardSandbox sandbox)
{
    private const string Saver = Python.Beginning + """
        at_signal(lambda: replace("step_1.json", b"{}"))
        wait()
        """;

    [Theory]
    [InlineData(SandboxImdsMode.Unauthorized, "ImdsError", "error")]
    [InlineData(SandboxImdsMode.Forbidden, "ImdsDisabled", "disabled")]
    [InlineData(SandboxImdsMode.ServerError, "ImdsError", "error")]
    [InlineData(SandboxImdsMode.Silent, "ImdsUnreachable", "unreachable")]
    [InlineData(SandboxImdsMode.Slow, "ImdsUnreachable", "unreachable")]
    public async Task What_it_does_not_say_is_no_notice_and_not_the_absence_of_one(SandboxImdsMode mode, string warning, string status)
    {
        await using var run = await sandbox.StartAsync(Saver);
        await run.PrintedAsync("ready");
        sandbox.Sandbox.SetConditions(run.InstanceId, new SandboxConditions { Imds = mode, ImdsDelay = TimeSpan.FromSeconds(3) });
        await ToldAsync(run, warning, status);
        sandbox.Sandbox.SetConditions(run.InstanceId, new SandboxConditions());
        await HandledAsync(run);
    }

    [Fact]
    public async Task A_wrong_answer_is_no_notice_and_not_the_absence_of_one()
    {
        await using var run = await sandbox.StartAsync(Saver);
        await run.PrintedAsync("ready");
        var wrong = sandbox.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = "imds:*instance-action", Kind = SandboxFaultKind.WrongAnswer, InstanceId = run.InstanceId });
        await ToldAsync(run, "ImdsError", "error");
        wrong.Remove();
        await HandledAsync(run);
    }

    private static async Task ToldAsync(GuardedRun run, string warning, string status)
    {
        await run.WaitForAsync("Warning", data => data.GetProperty("id").GetString() == warning);
        var guard = (await run.CallAsync("status")).Value.GetProperty("guard");
        Assert.Equal(status, guard.GetProperty("imds").GetString());
        Assert.Equal(0, run.CountOf("InterruptionDetected"));
        Assert.NotEmpty(run.Processes());
    }

    private static async Task HandledAsync(GuardedRun run)
    {
        Assert.Equal("uploaded", (await run.InterruptAsync()).GetProperty("outcome").GetString());
        Assert.Equal((1, 1), (run.CountOf("Warning"), run.CountOf("InterruptionDetected")));
    }
}
