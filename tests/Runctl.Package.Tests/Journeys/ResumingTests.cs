namespace Runctl.Package.Tests.Journeys;

/// <summary>A run that is started, interrupted and resumed. A class for each way to resume it, so that they run side by side.</summary>
public abstract class ResumingTests : IDisposable
{
    private protected SandboxSession Session { get; } = new();

    public void Dispose()
    {
        Session.Dispose();
        GC.SuppressFinalize(this);
    }

    protected void Start(string options, string launch = "")
    {
        Session.Run($"$run = New-RunctlSpotInstance g5.xlarge, g4dn.xlarge {launch} -Wait | Start-RunctlTraining ./train.py -SyncCode {options}");
        Session.WaitUntil("(Get-RunctlTraining $run.RunId).LastStep -gt 20");
    }

    protected void Interrupt() => Assert.True(Session.Run("$report = $run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms; $report").Single.Passed);
}
