using Runctl.Package.Tests.Support;
using System.Management.Automation;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>Training that somebody started without Runctl.</summary>
public sealed class AttachTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    /// <summary>Saves where it is told to, when it is asked to stop.</summary>
    private const string Trainer =
        """
        import os, signal, sys, time
        def stop(*_):
            os.makedirs(sys.argv[1], exist_ok=True)
            with open(os.path.join(sys.argv[1], "epoch_7.json"), "w") as file:
                file.write("{}")
            sys.exit(0)
        signal.signal(signal.SIGTERM, stop)
        with open(sys.argv[2] + ".pid", "w") as file:
            file.write(str(os.getpid()))
        while True:
            time.sleep(0.05)
        """;

    /// <summary>Starts it as the user it is to belong to.</summary>
    private const string Starter =
        """
        cd "$RUNCTL_ROOT/home/ubuntu"
        user=$(sed -n 's/^{0}:[^:]*:\([0-9]*\):.*/\1/p' "$RUNCTL_ROOT/etc/passwd")
        chmod 777 .
        setsid python3 -c "import os, sys; os.setuid(int(sys.argv[1])); os.execvp('python3', ['python3', 'mine.py', '{1}', '{2}'])" "${{user:-0}}" </dev/null >/dev/null 2>&1 &
        """;

    [Fact]
    public async Task It_is_guarded_by_its_name_told_saved_and_uploaded_where_the_parameters_say()
    {
        await sandbox.Other.CreateBucketAsync("of-another-team", "us-east-1");
        Assert.Empty(sandbox.Run("Set-RunctlSandbox -Policy (@(Get-RunctlPolicy -S3Bucket of-another-team -S3Prefix elsewhere) + @(Get-RunctlPolicy))").Errors);
        var instance = sandbox.Launch();
        var pid = await StartAsync(instance, "ubuntu", "models/good", "one");
        var job = sandbox.Run($"$job = Watch-RunctlSpotInterruption -InstanceId {instance} -ProcessName '*MINE.py models*' -CheckpointDirectory /home/ubuntu/models/good -S3Bucket of-another-team -S3Prefix elsewhere -PollInterval 500ms -AsJob; $job").Single;
        var training = sandbox.Run("Get-RunctlTraining $job.RunId -S3Bucket of-another-team").Single;
        Assert.Equal(("running", "mine.py", pid, instance), ((string)training.State, (string)training.Script, (int)training.ProcessId, (string)training.InstanceId));

        var report = sandbox.Run("Invoke-RunctlInterruptionDrill -RunId $job.RunId -S3Bucket of-another-team -Window 15s -PollInterval 500ms").Single;
        var key = $"elsewhere/{instance}/checkpoints/epoch_7.json";
        Assert.Equal($"s3://of-another-team/{key}.manifest.json", (string)report.Manifest);
        Assert.Contains(key, await sandbox.Other.ListObjectsAsync("of-another-team", "elsewhere/"));
        var told = sandbox.Run("$job | Wait-Job -Timeout 120 | Receive-Job");
        Assert.Equal(JobState.Completed, ((Job)job).JobStateInfo.State);
        Assert.Contains($"Checkpoint saved: {sandbox.PathOn(instance, "home/ubuntu/models/good/epoch_7.json")}", told.Output.Select(item => ((string)((dynamic)item.BaseObject).Message)));
        Assert.Equal("interrupted", sandbox.Run("(Get-RunctlTraining $job.RunId -S3Bucket of-another-team).State").Single);
    }

    [Fact]
    public async Task Watched_again_it_keeps_its_run_whichever_way_it_is_named()
    {
        var pid = await StartAsync(sandbox.Instance, "ubuntu", "again", "two");
        var runs = new[] { $"-ProcessId {pid}", "-PidFile /home/ubuntu/two.pid", "-ProcessName '*again*'" }
            .Select(named => (string)sandbox.Run($"(Watch-RunctlSpotInterruption {sandbox.Instance} {named} -CheckpointDirectory again -AsJob).RunId").Single).ToList();
        Assert.Single(runs.Distinct());
        Assert.Single(sandbox.Run($"Get-RunctlTraining -InstanceId {sandbox.Instance}").Output, item => ((dynamic)item.BaseObject).RunId == runs[0]);
        Assert.Equal("stopped", sandbox.Run($"(Stop-RunctlTraining {runs[0]}).State").Single);
    }

    [Fact]
    public async Task What_may_be_another_is_never_taken()
    {
        var first = await StartAsync(sandbox.Instance, "ubuntu", "first-of-two", "three");
        var second = await StartAsync(sandbox.Instance, "ubuntu", "second-of-two", "four");
        var ambiguous = sandbox.Run($"Watch-RunctlSpotInterruption -InstanceId {sandbox.Instance} -ProcessName '*of-two*'");
        Assert.Equal("AmbiguousProcess", ambiguous.ErrorId);
        // Each with its id, and without its arguments: SSM keeps the answer.
        Assert.Contains($"{first} ubuntu python3 mine.py in ", ambiguous.Error.ToString());
        Assert.Contains($"{second} ubuntu python3 mine.py in ", ambiguous.Error.ToString());
        Assert.DoesNotContain("first-of-two", ambiguous.Error.ToString());
        Assert.Contains("-ProcessId", ambiguous.Error.ErrorDetails.RecommendedAction);

        Assert.Equal("ProcessNotFound", sandbox.Run($"Watch-RunctlSpotInterruption -InstanceId {sandbox.Instance} -ProcessName nothing-like-it").ErrorId);
        Assert.Equal("ProcessesNamed", sandbox.Run($"Watch-RunctlSpotInterruption -InstanceId {sandbox.Instance} -ProcessName x -ProcessId 5").ErrorId);
        Assert.Equal("InstanceNotNamed", sandbox.Run("Watch-RunctlSpotInterruption no-instance -ProcessName x").ErrorId);
        Assert.Empty(sandbox.Run($"Watch-RunctlSpotInterruption -InstanceId {sandbox.Instance} -ProcessName '*first-of-two*' -WhatIf").Errors);
        Assert.DoesNotContain(sandbox.Run($"Get-RunctlTraining -InstanceId {sandbox.Instance}").Output, item => ((string)((dynamic)item.BaseObject).RunId).Contains("of-two", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_process_of_another_user_is_taken_only_where_that_is_asked_for()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root has other users in a sandbox.");
        await StartAsync(sandbox.Instance, "root", "of-root", "five");
        var refused = sandbox.Run($"Watch-RunctlSpotInterruption -InstanceId {sandbox.Instance} -ProcessName '*of-root*'");
        Assert.Equal("ProcessOfOther", refused.ErrorId);
        Assert.Contains("-AnyUser", refused.Error.ErrorDetails.RecommendedAction);
        var job = sandbox.Run($"Watch-RunctlSpotInterruption -InstanceId {sandbox.Instance} -ProcessName '*of-root*' -CheckpointDirectory of-root -AnyUser -AsJob").Single;
        Assert.Equal("stopped", sandbox.Run($"(Stop-RunctlTraining {job.RunId}).State").Single);
    }

    /// <summary>Starts it by another tool; its process id.</summary>
    private async Task<int> StartAsync(string instance, string user, string directory, string name)
    {
        await File.WriteAllTextAsync(sandbox.PathOn(instance, "home/ubuntu/mine.py"), Trainer, TestContext.Current.CancellationToken);
        await sandbox.Other.SendAsync(instance, string.Format(System.Globalization.CultureInfo.InvariantCulture, Starter, user, directory, name));
        var file = sandbox.PathOn(instance, $"home/ubuntu/{name}.pid");
        var text = "";
        Assert.True(Eventually.Holds(() => File.Exists(file) && (text = File.ReadAllText(file)).Length > 0));
        return int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }
}
