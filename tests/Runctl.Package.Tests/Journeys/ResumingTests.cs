using System.Management.Automation;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.Journeys;

public sealed class ResumingTests : IDisposable
{
    private readonly SandboxSession _session = new();

    [Fact]
    public void An_interrupted_run_is_resumed_by_hand_from_its_last_step_with_everything_it_had()
    {
        Start("-ScriptArgument '--steps', 4000 -Environment @{ EXIT_CODE = '7' } -NoMonitor");
        Interrupt();
        var told = _session.Show("Resume-RunctlTraining $run.InstanceId -WhatIf").ReplaceLineEndings(" ");
        Assert.Matches(@"train\.py of run journey-.* \(attempt 2\) from epoch_\d+\.json .* on 1 spot instance of g5\.xlarge or g4dn\.xlarge", told);
        Assert.Single(_session.Run("@(Get-RunctlInstance | Where State -eq running; 1)").Output);
        File.WriteAllText(Path.Combine(_session.Directory, "train.py"), "raise SystemExit('today\'s copy is not what was trained')");
        dynamic resumed = _session.Run("$resumed = $run | Resume-RunctlTraining -PollInterval 500ms; $resumed").Single;
        Assert.Equal(2, resumed.Attempt);
        Assert.NotNull(resumed.MonitorJob);
        dynamic ended = _session.Run("$resumed | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s").Single;
        dynamic report = _session.Run("$report").Single;
        Assert.Equal((report.LastStep + 1, 0L, 7), ((long)ended.FirstStep, (long)ended.StepsLost, (int)ended.ExitCode));
        var again = _session.Try("$run | Resume-RunctlTraining -FromScratch -WhatIf");
        Assert.Empty(again.Errors);
    }

    [Fact]
    public void A_run_that_resumes_by_itself_goes_on_elsewhere_under_the_same_job()
    {
        Start("-ScriptArgument '--steps', 4000 -AutoResume -PollInterval 500ms");
        Interrupt();
        var job = (Job)_session.Run("Wait-Job $run.MonitorJob -Timeout 120").Single;
        var received = _session.Run("Receive-Job $run.MonitorJob");
        var kinds = received.Output.Select(item => (string)((dynamic)item.BaseObject).Kind).ToList();
        Assert.True(job.JobStateInfo.State == JobState.Completed, string.Join('\n', [.. kinds, .. received.Warnings]));
        Assert.Superset(new HashSet<string> { "ResumeBegun", "ReplacementLaunched", "TrainingResumed", "TrainingFinished" }, kinds.ToHashSet());
        dynamic ended = _session.Run("Get-RunctlTraining $run.RunId").Single;
        Assert.Equal((2, "finished", 0L), ((int)ended.Attempt, (string)ended.State, (long)ended.StepsLost));
        Assert.Equal(ended.InstanceId, job.Location);
    }

    [Fact]
    public void The_sample_resumes_by_hand()
    {
        Start("-ScriptArgument '--steps', 4000 -NoMonitor");
        Interrupt();
        var sample = Path.Combine(BuiltModule.Directory, "samples", "resume-by-hand.ps1");
        dynamic ended = _session.Run($"& '{sample}' -InstanceId $run.InstanceId -Script ./train.py -ScriptArgument '--steps', 4000 | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s").Single;
        dynamic report = _session.Run("$report").Single;
        Assert.Equal((report.LastStep + 1, 0), ((long)ended.FirstStep, (int)ended.ExitCode));
    }

    public void Dispose() => _session.Dispose();

    private void Start(string options)
    {
        _session.Run($"$run = New-RunctlSpotInstance g5.xlarge, g4dn.xlarge -Wait | Start-RunctlTraining ./train.py -SyncCode {options}");
        _session.WaitUntil("(Get-RunctlTraining $run.RunId).LastStep -gt 20");
    }

    private void Interrupt() => Assert.True(_session.Run("$report = $run | Invoke-RunctlInterruptionDrill -Window 25s -PollInterval 500ms; $report").Single.Passed);
}
