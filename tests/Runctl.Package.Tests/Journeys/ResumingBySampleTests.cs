using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.Journeys;

public sealed class ResumingBySampleTests : ResumingTests
{
    [Fact]
    public void The_sample_resumes_by_hand()
    {
        Start("-ScriptArgument '--steps', 4000 -NoMonitor");
        Interrupt();
        var sample = Path.Combine(BuiltModule.Directory, "samples", "resume-by-hand.ps1");
        dynamic ended = Session.Run($"& '{sample}' -InstanceId $run.InstanceId -Script ./train.py -ScriptArgument '--steps', 4000 | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s").Single;
        dynamic report = Session.Run("$report").Single;
        Assert.Equal((report.LastStep + 1, 0), ((long)ended.FirstStep, (int)ended.ExitCode));
    }
}
