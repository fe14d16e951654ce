using System.Management.Automation;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>Instances that somebody terminates in the middle.</summary>
public sealed class GoneTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();
    private string _run = "";

    [Fact]
    public async Task Of_a_start_it_is_said_and_the_run_counts_as_failed()
    {
        var instance = sandbox.Launch();
        _project.Write(".runctl.toml", "[training]\nsetup_command = \"touch ../set-up-began; sleep 600\"\n");
        var taken = TerminateWhenAsync(instance, () => File.Exists(sandbox.PathOn(instance, "home/ubuntu/set-up-began")));
        var result = sandbox.Start(_project, instance);
        await taken;
        Assert.Equal("InstanceGone", result.ErrorId);
        Assert.Contains(instance, result.Error.ToString());
        Assert.Equal("failed", sandbox.Run($"Get-RunctlTraining -InstanceId {instance}").Single.State);
    }

    [Fact]
    public async Task Of_a_watch_what_was_shipped_is_told_and_that_the_run_is_lost()
    {
        var instance = Begin();
        var taken = TerminateOnceShippedAsync(instance, "events");
        var watched = sandbox.Run("$run | Watch-RunctlSpotInterruption -PollInterval 500ms");
        await taken;
        Assert.Equal("MonitorLostRun", watched.ErrorId);
        Assert.Contains(instance, watched.Error.ToString());
        Assert.Equal("TrainingStarted", (string)((dynamic)watched.Output[0].BaseObject).Kind);
    }

    [Fact]
    public async Task Of_a_monitor_job_it_fails_with_what_is_lost()
    {
        var instance = Begin();
        sandbox.Run("$job = $run | Watch-RunctlSpotInterruption -AsJob -PollInterval 500ms");
        await sandbox.Other.TerminateAsync(instance);
        var job = (Job)sandbox.Run("$job | Wait-Job -Timeout 120").Single;
        Assert.Equal(JobState.Failed, job.JobStateInfo.State);
        Assert.Equal("MonitorLostRun", sandbox.Run("Receive-Job $job").ErrorId);
    }

    [Fact]
    public async Task Of_a_followed_log_its_lines_are_shown_to_the_last_that_reached_S3_and_the_reading_ends()
    {
        var instance = Begin();
        var taken = TerminateOnceShippedAsync(instance, "log");
        var read = sandbox.Run("Get-RunctlTrainingLog $run -Follow -PollInterval 500ms");
        await taken;
        Assert.Empty(read.Errors);
        Assert.Contains("began", read.Output.Select(line => line.ToString()));
    }

    [Fact]
    public async Task Of_a_wait_the_run_comes_back_as_lost()
    {
        var instance = Begin();
        var taken = TerminateWhenAsync(instance, () => true);
        Assert.Equal("lost", sandbox.Run("$run | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s").Single.State);
        await taken;
    }

    public void Dispose() => _project.Dispose();

    private string Begin()
    {
        var instance = sandbox.Launch();
        _project.Write("train.py", "import time; print('began', flush=True); time.sleep(600)");
        _run = sandbox.Start(_project, instance).Single.RunId;
        return instance;
    }

    private async Task TerminateWhenAsync(string instance, Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            await Task.Delay(50, limit.Token);
        }

        await sandbox.Other.TerminateAsync(instance);
    }

    private async Task TerminateOnceShippedAsync(string instance, string what)
    {
        await sandbox.Other.WaitForObjectAsync("runctl-sandbox", $"checkpoints/runctl/runs/{_run}/{what}/1/");
        await sandbox.Other.TerminateAsync(instance);
    }
}
