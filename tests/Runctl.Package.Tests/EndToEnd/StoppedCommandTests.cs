using System.Management.Automation;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>Ctrl+C while something is under way on the other side.</summary>
public sealed class StoppedCommandTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private const string SlowSetup = "[training]\nsetup_command = \"touch ../set-up-began; sleep 600\"\n";

    private readonly Project _project = new();

    [Theory]
    [InlineData("")]
    [InlineData("-S3Bucket runctl-sandbox")]
    public void Of_a_start_nothing_is_started_later_and_the_next_start_works(string bucket)
    {
        var instance = sandbox.Launch();
        using var session = new ModuleSession();
        session.GoTo(_project.Directory);
        var start = $"Start-RunctlTraining ./train.py {instance} -SyncCode -NoMonitor {bucket} -Region us-east-1 -EndpointUrl {sandbox.Endpoint}";
        _project.Write(".runctl.toml", SlowSetup);
        Assert.InRange(session.Stop(start, () => File.Exists(sandbox.PathOn(instance, "home/ubuntu/set-up-began"))).TotalSeconds, 0, 15);

        var given = $"Get-RunctlTraining -InstanceId {instance} {bucket} -Region us-east-1 -EndpointUrl {sandbox.Endpoint}";
        Assert.True(Eventually.Holds(() => session.Run($"({given}).State").Single is "stopped" or "failed"));
        _project.Write(".runctl.toml", "");
        Assert.Equal("running", session.Run($"$run = {start}; $run.State").Single);
        Assert.Equal("stopped", session.Run("($run | Stop-RunctlTraining).State").Single);
    }

    [Fact]
    public void Of_what_only_looks_on_the_training_knows_nothing()
    {
        var instance = sandbox.Launch();
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        foreach (var command in new[] { "Wait-RunctlTraining", "Watch-RunctlSpotInterruption -PollInterval 500ms", "Get-RunctlTrainingLog -Follow" })
        {
            Assert.InRange(sandbox.Stop($"$run | {command}", TimeSpan.FromSeconds(1)).TotalSeconds, 0, 15);
        }

        long before = sandbox.Run("($run | Get-RunctlTraining).LastStep").Single;
        Assert.True(Eventually.Holds(() => sandbox.Run("($run | Get-RunctlTraining).LastStep").Single > before));
        Assert.Equal("running", sandbox.Run("($run | Get-RunctlTraining).State").Single);
    }

    [Fact]
    public void Of_a_stop_of_the_run_that_did_not_happen_its_automatic_resume_knows_nothing_and_of_one_that_saves_the_user_hears_of_the_instance()
    {
        using var held = new HeldTraining(sandbox);
        var run = held.StartResuming("-ScriptArgument 20, 60, --slow");
        var there = held.WaitUntilItStays(run);
        string instance = sandbox.Run("$run.InstanceId").Single;
        var job = (Job)sandbox.Run("Get-Job $run.MonitorJob").Output[0].BaseObject;
        bool IsResumed() => job.StatusMessage.Contains("resumes it when it is interrupted", StringComparison.Ordinal);
        Assert.True(IsResumed(), job.StatusMessage);
        sandbox.Fault("Operation = 'ssm:SendCommand'; Kind = 'ClientError'; Code = 'ExpiredTokenException'");
        Assert.NotEmpty(sandbox.Run("$run | Stop-RunctlTraining").Errors);
        Assert.Empty(sandbox.Run("Set-RunctlSandbox -ClearFault").Errors);
        Assert.True(IsResumed(), job.StatusMessage);

        sandbox.Stop("$run | Stop-RunctlTraining -RemoveInstance", () => !IsResumed());
        Assert.True(Eventually.Holds(() => sandbox.Shown.ReplaceLineEndings(" ").Contains($"Remove-RunctlInstance {instance}", StringComparison.Ordinal)), sandbox.Shown);
        Assert.Equal("running", sandbox.Run($"(Get-RunctlInstance {instance}).State").Single);
        File.WriteAllText(Path.Combine(there, "let-go"), "");
        Assert.Equal("stopped", sandbox.Run("($run | Stop-RunctlTraining).State").Single);
    }

    public void Dispose() => _project.Dispose();
}
