using System.Management.Automation;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

public sealed class MonitorTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();

    [Fact]
    public void The_monitor_job_tells_of_an_interruption_in_order_and_completes()
    {
        Begin();
        var report = sandbox.Run("$report = $run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms; $report").Single;
        Assert.True(report.Passed, report.Reason);
        var job = (Job)sandbox.Run("Get-Job $run.MonitorJob | Wait-Job -Timeout 120").Single;
        Assert.Equal(JobState.Completed, job.JobStateInfo.State);
        var told = sandbox.Run("Receive-Job $run.MonitorJob");
        Assert.Contains(told.Warnings, warning => warning.StartsWith("Spot interruption detected for instance i-", StringComparison.Ordinal));
        AssertInOrder([.. told.Output.Select(item => item.ToString())]);
        Assert.Empty(sandbox.Run("Remove-Job $run.MonitorJob; Get-Job $run.MonitorJob -ErrorAction Ignore").Output);

        // What a drill reports is enough to go on from elsewhere.
        var instance = sandbox.Launch();
        Assert.Contains("resumed at", sandbox.Train(_project, instance, "-ResumeFrom $report -ScriptArgument --once"));
    }

    [Fact]
    public async Task Watching_in_the_foreground_yields_events_that_show_their_message()
    {
        Begin();
        string run = sandbox.Run("Get-Job $run.MonitorJob | Stop-Job; Remove-Job $run.MonitorJob; $run.RunId").Single;
        using var other = new ModuleSession();
        var drill = Task.Run(() => other.Run($"Invoke-RunctlInterruptionDrill -RunId {run} -S3Bucket runctl-sandbox -Window 15s -PollInterval 500ms -Region us-east-1 -EndpointUrl {sandbox.Endpoint}"), TestContext.Current.CancellationToken);
        var watched = sandbox.Run("$events = $run | Watch-RunctlSpotInterruption -PollInterval 500ms; $events");
        Assert.Empty((await drill).Errors);
        Assert.Empty(watched.Errors);
        Assert.All(watched.Output, item => Assert.Equal("Runctl.Events.RunctlEvent", item.BaseObject.GetType().FullName));
        AssertInOrder([.. watched.Output.Select(item => (string)item.Properties["Message"].Value)]);
        Assert.Contains("Handling spot interruption for instance i-", sandbox.Show("$events"));
    }

    public void Dispose() => _project.Dispose();

    private static void AssertInOrder(string[] messages)
    {
        messages = [.. messages.SelectMany(message => message.Split('\n'))];
        string[] expected = ["Spot interruption detected", "Handling spot interruption", "Interruption time: ", "Training detected", "Checkpoint saved: ", "Checkpoint uploaded to S3: s3://"];
        var found = expected.Select(start => Array.FindIndex(messages, message => message.StartsWith(start, StringComparison.Ordinal))).ToArray();
        Assert.True(found.All(index => index >= 0) && found.SequenceEqual(found.Order()), string.Join('\n', messages));
    }

    private void Begin()
    {
        var instance = sandbox.Launch();
        sandbox.Enter(_project);
        Assert.Empty(sandbox.Run($"$run = Start-RunctlTraining $script {instance} -SyncCode -PollInterval 500ms").Errors);
        sandbox.WaitForSteps();
    }
}
