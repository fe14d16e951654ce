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
    [InlineData("")]
    [InlineData("-S3Bucket ''")]
    public void Followed_every_line_comes_once_and_the_reading_ends_with_the_training(string bucket)
    {
        var expected = Enumerable.Range(0, 200).Select(i => $"line {i}").Concat(["bar 1", "bar 2", "last ä"]);
        _project.Write("train.py", Talker);
        Assert.Empty(sandbox.Start(_project, sandbox.Launch(), bucket).Errors);
        var followed = sandbox.Run("Get-RunctlTrainingLog $run -Follow -PollInterval 500ms");
        Assert.Empty(followed.Errors);
        Assert.Equal(expected, followed.Output.Select(line => line.ToString()));
        Assert.Equal(["bar 2", "last ä"], sandbox.Run("$run | Get-RunctlTrainingLog -Tail 2").Output.Select(line => line.ToString()));
        Assert.Equal(expected, sandbox.Run("$run | Get-RunctlTrainingLog -All -Since 10m").Output.Select(line => line.ToString()));
        // A line without an end might have gone on since.
        Assert.Equal("last ä", sandbox.Run("$run | Get-RunctlTrainingLog -Since ([datetime]::UtcNow.AddHours(1))").Single.ToString());
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
    public void A_time_that_is_none_is_refused()
    {
        foreach (var text in (string[])["yesterdayish", "-5m"])
        {
            Assert.Contains("ParameterArgumentTransformationError", sandbox.Run($"Get-RunctlTrainingLog r -Since '{text}'").ErrorId);
        }
    }

    public void Dispose() => _project.Dispose();
}
