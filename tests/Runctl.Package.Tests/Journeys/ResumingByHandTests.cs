namespace Runctl.Package.Tests.Journeys;

public sealed class ResumingByHandTests : ResumingTests
{
    [Fact]
    public void An_interrupted_run_is_resumed_by_hand_from_its_last_step_with_everything_it_had()
    {
        Start("-ScriptArgument '--steps', 4000 -Environment @{ EXIT_CODE = '7' } -NoMonitor");
        Interrupt();
        var told = Session.Show("Resume-RunctlTraining $run.InstanceId -WhatIf").ReplaceLineEndings(" ");
        Assert.Matches(@"train\.py of run journey-.* \(attempt 2\) from epoch_\d+\.json .* on 1 spot instance of g5\.xlarge or g4dn\.xlarge", told);
        Assert.Single(Session.Run("@(Get-RunctlInstance | Where State -eq running; 1)").Output);
        File.WriteAllText(Path.Combine(Session.Directory, "train.py"), "raise SystemExit('today\'s copy is not what was trained')");
        dynamic resumed = Session.Run("$resumed = $run | Resume-RunctlTraining -PollInterval 500ms; $resumed").Single;
        Assert.Equal(2, resumed.Attempt);
        Assert.NotNull(resumed.MonitorJob);
        dynamic ended = Session.Run("$resumed | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s").Single;
        dynamic report = Session.Run("$report").Single;
        Assert.Equal((report.LastStep + 1, 0L, 7), ((long)ended.FirstStep, (long)ended.StepsLost, (int)ended.ExitCode));
        var again = Session.Try("$run | Resume-RunctlTraining -FromScratch -WhatIf");
        Assert.Empty(again.Errors);
    }
}
