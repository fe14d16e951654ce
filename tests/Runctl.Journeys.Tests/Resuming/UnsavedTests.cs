using Runctl.Journeys.Tests.Moments;
using Runctl.Journeys.Tests.Sandboxed;
using Runctl.Sandbox;

namespace Runctl.Journeys.Tests.Resuming;

/// <summary>Runs whose last checkpoint only the disk of their instance has.</summary>
public sealed class UnsavedTests : SandboxedTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_last_checkpoint_that_does_not_come_to_S3_is_waited_for_as_long_as_its_instance_lives_unless_it_is_given_up(bool force)
    {
        using var run = await Interrupted.StartAsync(Fixture);
        await run.UploadAsync();
        var first = run.Training.InstanceId;
        var fault = Fixture.Sandbox.Faults.Add(new RunctlSandboxFault { Operation = "s3:PutObject", Kind = SandboxFaultKind.ClientError, Code = "AccessDenied", InstanceId = first, Key = "*/step_*" });
        await run.StopAsync();
        var last = (await run.RecordAsync()).Attempts[0].Unsaved!;
        Assert.StartsWith("step_", last, StringComparison.Ordinal);
        var plan = await run.PlanAsync(force: force);
        Assert.Contains(plan.Warnings, warning => warning.Contains(last, StringComparison.Ordinal) && warning.Contains(force ? "It is given up" : "-Force continues from an older one", StringComparison.Ordinal));
        // Its guard tries again at a notice, at the latest.
        run.Reported = status =>
        {
            if (!force && status.StartsWith($"Waiting for {last}", StringComparison.Ordinal))
            {
                fault.Remove();
                Fixture.Sandbox.InterruptAsync(first, TimeSpan.FromSeconds(20)).GetAwaiter().GetResult();
            }
        };
        var resumed = await run.ResumeAsync(plan);
        Assert.Equal(force, resumed.ResumedFrom!.Name != last);
        Assert.Equal(await Undisturbed.WeightsAsync(), await run.WeightsAsync());
        fault.Remove();
    }
}
