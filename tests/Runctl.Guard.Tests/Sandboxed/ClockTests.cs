using System.Globalization;
using Runctl.Sandbox;

namespace Runctl.Guard.Tests.Sandboxed;

/// <summary>An instance whose clock is wrong.</summary>
public sealed class ClockTests(GuardSandbox sandbox)
{
    private const string Saver = Python.Beginning + """
        at_signal(lambda: replace("step_1.json", b"{}"))
        wait()
        """;

    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public async Task The_deadline_of_a_notice_is_kept_whatever_the_clock_says(int minutes)
    {
        await using var run = await StartAsync(minutes);
        var handled = await run.InterruptAsync();
        Assert.Equal("uploaded", handled.GetProperty("outcome").GetString());
        Assert.InRange(handled.GetProperty("seconds_to_deadline").GetDouble(), 1, 42);
    }

    [Fact]
    public async Task A_deadline_told_from_outside_is_true_time()
    {
        await using var run = await StartAsync(3);

        // AWS's time, which this instance's clock is ahead of.
        var deadline = DateTime.UtcNow.AddMinutes(-3).AddSeconds(40).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var handled = await run.CallAsync("interrupt", "--run", run.Id, "--deadline", deadline);
        Assert.InRange(GuardedRun.Data(handled.Value).GetProperty("seconds_to_deadline").GetDouble(), 1, 42);
    }

    private async Task<GuardedRun> StartAsync(int minutes)
    {
        var run = await sandbox.StartAsync(Saver);
        await run.PrintedAsync("ready");
        sandbox.Sandbox.SetConditions(run.InstanceId, new SandboxConditions { ClockOffset = TimeSpan.FromMinutes(minutes) });
        return run;
    }
}
