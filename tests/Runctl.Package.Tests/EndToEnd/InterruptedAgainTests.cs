using System.Management.Automation;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>A run that is interrupted, resumed by itself, and interrupted again. A class each, so that they run side by side.</summary>
public abstract class InterruptedAgainTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private protected SandboxFixture Sandbox { get; } = sandbox;

    private protected static async Task InterruptAsync(HeldTraining held, string run, int attempt)
    {
        held.WaitUntilItStays(run, attempt);
        var report = (await held.InterruptAsync(run, window: 15)).Single;
        Assert.True(report.Passed, report.Reason);
    }

    private protected static List<dynamic> Of(SessionResult told, string kind) => [.. told.Output.Select(item => (dynamic)item.BaseObject).Where(e => e.Kind == kind)];

    private protected SessionResult WaitForJob()
    {
        var job = (Job)Sandbox.Run("Wait-Job $run.MonitorJob -Timeout 100").Single;
        var told = Sandbox.Run("Receive-Job $run.MonitorJob");
        Assert.True(job.JobStateInfo.State == JobState.Completed, told.Everything);
        return told;
    }
}
