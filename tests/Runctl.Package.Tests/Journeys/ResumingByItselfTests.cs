using System.Management.Automation;

namespace Runctl.Package.Tests.Journeys;

public sealed class ResumingByItselfTests : ResumingTests
{
    [Fact]
    public void A_run_that_resumes_by_itself_goes_on_elsewhere_under_the_same_job()
    {
        Start("-ScriptArgument '--steps', 4000 -AutoResume -PollInterval 500ms");
        Interrupt();
        var job = (Job)Session.Run("Wait-Job $run.MonitorJob -Timeout 120").Single;
        var received = Session.Run("Receive-Job $run.MonitorJob");
        var kinds = received.Output.Select(item => (string)((dynamic)item.BaseObject).Kind).ToList();
        Assert.True(job.JobStateInfo.State == JobState.Completed, string.Join('\n', [.. kinds, .. received.Warnings]));
        Assert.Superset(new HashSet<string> { "ResumeBegun", "ReplacementLaunched", "TrainingResumed", "TrainingFinished" }, kinds.ToHashSet());
        dynamic ended = Session.Run("Get-RunctlTraining $run.RunId").Single;
        Assert.Equal((2, "finished", 0L), ((int)ended.Attempt, (string)ended.State, (long)ended.StepsLost));
        Assert.Equal(ended.InstanceId, job.Location);
    }
}
