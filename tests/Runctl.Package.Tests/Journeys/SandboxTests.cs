using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.Journeys;

public sealed class SandboxTests
{
    [Fact]
    public void A_sandbox_shows_everything_but_its_secret()
    {
        using var session = new SandboxSession();
        var secret = (string)session.Run("$sandbox.GetEnvironment()['AWS_SECRET_ACCESS_KEY']").Single;
        var shown = session.Show("$VerbosePreference = $DebugPreference = 'Continue'; $sandbox; $sandbox | Format-List *; \"$sandbox\"; Get-RunctlConfiguration; Get-RunctlInstance");
        Assert.Contains("http://127.0.0.1:", shown);
        Assert.DoesNotContain(secret, shown);
    }

    [Fact]
    public void Two_sandboxes_of_one_process_are_told_apart_by_the_objects_they_made()
    {
        using var first = new SandboxSession();
        using var second = new SandboxSession();
        first.Run("$instance = New-RunctlSpotInstance g5.xlarge");
        Assert.Empty(second.Run("Get-RunctlInstance").Output);
        var id = (string)first.Run("$instance.InstanceId").Single;
        var endpoint = (string)first.Run("\"$($sandbox.EndpointUrl)\"").Single;
        Assert.Equal(id, second.Run($"(Get-RunctlInstance {id} -EndpointUrl {endpoint}).InstanceId").Single);
        Assert.Equal("InstanceNotFound", second.Try($"Get-RunctlInstance {id}").ErrorId);
    }

    [Theory]
    [InlineData("Stop-RunctlSandbox")]
    [InlineData("$sandbox | Stop-RunctlSandbox")]
    [InlineData("Stop-RunctlSandbox $sandbox")]
    [InlineData("Stop-RunctlSandbox $sandbox.EndpointUrl")]
    [InlineData("Remove-Module Runctl")]
    public void The_end_of_a_sandbox_leaves_nothing(string end)
    {
        using var session = new SandboxSession();
        var directory = (string)session.Run("$null = New-RunctlSpotInstance g5.xlarge -Wait; $sandbox.Directory").Single;
        Assert.True(Directory.Exists(directory));
        Assert.Empty(session.Try(end).Errors);
        Assert.True(Eventually.Holds(() => !Directory.Exists(directory)));
    }

    [Fact]
    public void The_end_of_a_sandbox_ends_the_jobs_that_watch_its_runs()
    {
        using var session = new SandboxSession();
        session.Run("$run = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining ./train.py -SyncCode -ScriptArgument '--steps', 4000");
        Assert.Equal("Running", session.Run("(Get-Job $run.MonitorJob).State").Single.ToString());
        session.Run("Stop-RunctlSandbox");
        Assert.Equal("Stopped", session.Run("(Wait-Job $run.MonitorJob -Timeout 120).State").Single.ToString());
    }

    [Fact]
    public void The_end_of_the_session_is_the_end_of_its_sandbox()
    {
        using var session = new ModuleSession();
        var directory = (string)session.Run("(Start-RunctlSandbox).Directory").Single;
        session.Dispose();
        Assert.True(Eventually.Holds(() => !Directory.Exists(directory)));
    }
}
