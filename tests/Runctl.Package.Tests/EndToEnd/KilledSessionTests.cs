using Runctl.Package.Tests.Shell;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

public sealed class KilledSessionTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private const string Script =
        """
        $run = New-RunctlSpotInstance g5.xlarge -IamInstanceProfile RunctlSandbox -Wait | Start-RunctlTraining "$PSScriptRoot/train.py" -ProjectDirectory $PSScriptRoot -SyncCode -S3Bucket runctl-sandbox -PollInterval 500ms
        [IO.File]::WriteAllText("$PSScriptRoot/run.new", $run.RunId)
        [IO.File]::Move("$PSScriptRoot/run.new", "$PSScriptRoot/run")
        $run | Watch-RunctlSpotInterruption -PollInterval 500ms
        """;

    private readonly Project _project = new();

    [Fact]
    public async Task A_session_that_is_killed_takes_nothing_with_it_and_a_new_one_finds_the_run()
    {
        _project.Write("session.ps1", Script);
        using var pwsh = PwshProcess.StartFile(sandbox.Joining(_project), _project["session.ps1"]);
        Assert.True(Eventually.Holds(() => File.Exists(_project["run"]) || pwsh.HasExited));
        Assert.False(pwsh.HasExited);
        var run = await File.ReadAllTextAsync(_project["run"], TestContext.Current.CancellationToken);
        sandbox.Run($"$run = Get-RunctlTraining {run}");
        sandbox.WaitForSteps();
        pwsh.Kill();
        Assert.Equal(137, (await pwsh.WaitAsync()).ExitCode);

        // Only the notice comes from here: nobody watches, and nobody tells the guard what to do.
        var report = sandbox.Run("$run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 3s").Single;
        Assert.True(report.Passed, report.Reason);

        using var session = new ModuleSession();
        var found = session.Run($"Get-RunctlTraining {run} -S3Bucket runctl-sandbox -Region us-east-1 -EndpointUrl {sandbox.Endpoint}").Single;
        Assert.Equal("interrupted", found.State);
        Assert.Null(found.ExitCode);
        Assert.Equal(report.Manifest, found.Checkpoint.Manifest);
        Assert.Equal(report.LastStep, found.LastStep);
    }

    public void Dispose() => _project.Dispose();
}
