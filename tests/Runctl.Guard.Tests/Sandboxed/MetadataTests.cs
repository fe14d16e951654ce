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
    public async Task What_it_does_not_say_is_no_notice_and_not_the_absence_of_one(SandboxImdsMode mode, string warning, string status)
    {
        await using var run = await sandbox.StartAsync(Saver);
        await run.PrintedAsync("ready");
        sandbox.Sandbox.SetConditions(run.InstanceId, new SandboxConditions { Imds = mode });
        await run.WaitForAsync("Warning", data => data.GetProperty("id").GetString() == warning);
        var guard = (await run.CallAsync("status")).Value.GetProperty("guard");
        Assert.Equal(status, guard.GetProperty("imds").GetString());
        Assert.Equal(0, run.CountOf("InterruptionDetected"));
        Assert.NotEmpty(run.Processes());

        sandbox.Sandbox.SetConditions(run.InstanceId, new SandboxConditions());
        Assert.Equal("uploaded", (await run.InterruptAsync()).GetProperty("outcome").GetString());
        Assert.Single(run.Events(), e => e.GetProperty("kind").GetString() == "Warning");
    }
}
