using System.Management.Automation;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests;

public sealed class JobTests
{
    [Fact]
    public void A_monitor_is_a_job_like_any_other()
    {
        using var server = new OneAnswerServer();
        using var session = new ModuleSession();
        session.Set("StoredAWSCredentials", new SessionKeys());
        var job = (Job)session.Run($"{Records.Training(server.Endpoint)} | Watch-RunctlSpotInterruption -AsJob -PollInterval 500ms").Single;
        Assert.Equal("Runctl:ab12cd", job.Name);
        Assert.DoesNotContain(new SessionKeys().SecretKey, job.Command);
        Assert.Equal("Running", session.Run("(Get-Job Runctl:*).State").Single.ToString());
        var states = new List<JobState>();
        job.StateChanged += (_, change) => states.Add(change.JobStateInfo.State);
        Assert.Empty(session.Run("Receive-Job Runctl:*; Stop-Job Runctl:*; Stop-Job Runctl:*").Errors);
        Assert.Equal("Stopped", session.Run("(Get-Job Runctl:* | Wait-Job).State").Single.ToString());
        Assert.Empty(session.Run("Remove-Job Runctl:*; Get-Job").Output);
        Assert.Equal([JobState.Stopped], states);
    }

    [Fact]
    public void What_the_monitor_can_not_do_is_a_warning_of_the_job()
    {
        using var session = new ModuleSession();
        session.Set("StoredAWSCredentials", new SessionKeys());
        using var server = new OneAnswerServer();
        var endpoint = server.Endpoint;
        session.Run($"{Records.Training(endpoint)} | Watch-RunctlSpotInterruption -AsJob -PollInterval 500ms");
        server.Dispose();
        var job = (Job)session.Run("Get-Job").Single;
        Assert.True(Eventually.Holds(() => job.Warning.Count > 0));
        Assert.Equal(JobState.Running, job.JobStateInfo.State);
        Assert.Contains(endpoint.Authority, Assert.Single(session.Run("Receive-Job Runctl:*").Warnings));
        session.Run("Remove-Job Runctl:* -Force");
    }
}
