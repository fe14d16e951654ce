using System.Management.Automation;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>Logs as users read them.</summary>
public sealed class LogTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private const string Talker =
        """
        import sys, time
        for i in range(200):
            print("line", i, flush=True)
            time.sleep(0.02)
        sys.stdout.write("\rbar 1\rbar 2\rlast ä")
        """;

    private readonly Project _project = new();

    [Theory]
    [InlineData("-S3Bucket runctl-sandbox")]
    [InlineData("")]
    public void Followed_every_line_comes_once_and_the_reading_ends_with_the_training(string bucket)
    {
        var expected = Enumerable.Range(0, 200).Select(i => $"line {i}").Concat(["bar 1", "bar 2", "last ä"]);
        using var session = Begin(Talker, bucket);
        Assert.Equal(bucket.Length > 0, session.Run("$null -ne $run.S3Bucket").Single);
        var followed = session.Run("Get-RunctlTrainingLog $run -Follow -PollInterval 500ms");
        Assert.Empty(followed.Errors);
        Assert.Equal(expected, followed.Output.Select(line => line.ToString()));
        Assert.Equal(["bar 2", "last ä"], session.Run("$run | Get-RunctlTrainingLog -Tail 2").Output.Select(line => line.ToString()));
        Assert.Equal(expected, session.Run("$run | Get-RunctlTrainingLog -All -Since 10m").Output.Select(line => line.ToString()));
        // A line without an end might have gone on since; what is noted on the instance is noted every few seconds only.
        var since = session.Run("$run | Get-RunctlTrainingLog -Since ([datetime]::UtcNow.AddHours(1))").Output;
        Assert.InRange(since.Count, 1, bucket.Length > 0 ? 1 : expected.Count());
        Assert.Equal(expected.TakeLast(since.Count), since.Select(line => line.ToString()));
    }

    [Fact]
    public void What_the_instance_may_not_bring_to_S3_is_read_from_the_instance()
    {
        var instance = sandbox.Launch();
        sandbox.Fault($"Operation = 's3:PutObject'; Kind = 'ClientError'; Code = 'AccessDenied'; InstanceId = '{instance}'; Key = '*/log/*'");
        _project.Write("train.py", "import time; print('began', flush=True); time.sleep(600)");
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        Assert.Equal("began", sandbox.Run("Get-RunctlTrainingLog $run").Single.ToString());
        Assert.Empty(sandbox.Run("$null = $run | Stop-RunctlTraining").Errors);
        Assert.Equal("began", sandbox.Run("Get-RunctlTrainingLog $run -Follow -PollInterval 500ms").Single.ToString());
    }

    [Fact]
    public void Read_from_the_instance_it_is_said_how_far_behind_the_reading_is()
    {
        using var session = Begin("import os\nfor _ in range(200): print(os.urandom(1000).hex())", bucket: "");
        Assert.Empty(session.Run("$null = $run | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s").Errors);

        // What is read within two seconds has no progress.
        sandbox.Fault($"Operation = 'ssm:SendCommand'; Kind = 'Delay'; Delay = '1s'; Count = 5; InstanceId = '{session.Run("$run.InstanceId").Single}'");
        var followed = session.Run("Get-RunctlTrainingLog $run -Follow -PollInterval 500ms");
        Assert.Equal(200, followed.Output.Count);
        Assert.Matches(@"^0\.[0-4] MiB behind$", followed.Progress.First(shown => shown.Activity.StartsWith("Reading the log of ", StringComparison.Ordinal)).StatusDescription);
        Assert.Equal(ProgressRecordType.Completed, followed.Progress[^1].RecordType);
    }

    [Fact]
    public void A_time_that_is_none_is_refused()
    {
        foreach (var text in (string[])["yesterdayish", "-5m"])
        {
            Assert.Contains("ParameterArgumentTransformationError", sandbox.Run($"Get-RunctlTrainingLog r -Since '{text}'").ErrorId);
        }
    }

    public void Dispose() => _project.Dispose();

    // A session that knows no sandbox by default has no bucket but the one it is told.
    private ModuleSession Begin(string script, string bucket)
    {
        _project.Write("train.py", script);
        var session = new ModuleSession();
        session.GoTo(_project.Directory);
        session.Set("script", _project["train.py"]);
        Assert.Empty(session.Run($"$run = Start-RunctlTraining $script {sandbox.Launch()} -SyncCode -NoMonitor {bucket} {sandbox.Joined}").Errors);
        return session;
    }
}
