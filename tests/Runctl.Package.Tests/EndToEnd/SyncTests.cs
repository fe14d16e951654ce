using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>What happens while a project is on its way.</summary>
public sealed class SyncTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly Project _project = new();

    [Fact]
    public void Ctrl_C_leaves_nothing_on_the_instance_and_the_next_start_works()
    {
        var instance = sandbox.Launch();
        SlowUpload();
        using var session = new ModuleSession();
        session.GoTo(_project.Directory);
        Assert.InRange(session.Stop(Starting(instance), UploadBegan).TotalSeconds, 0, 15);
        Assert.False(Directory.Exists(sandbox.PathOn(instance, "var/lib/runctl")));

        sandbox.Run("Set-RunctlSandbox -ClearFault");
        Assert.Equal("running", session.Run($"$run = {Starting(instance)}; $run.State").Single);
        Assert.Equal("stopped", session.Run("($run | Stop-RunctlTraining).State").Single);
    }

    [Fact]
    public async Task An_instance_that_is_gone_by_the_end_of_it_is_told_as_such()
    {
        var instance = sandbox.Launch();
        SlowUpload();
        using var session = new ModuleSession();
        session.GoTo(_project.Directory);
        var start = Task.Run(() => session.Run(Starting(instance)), TestContext.Current.CancellationToken);
        Assert.True(Eventually.Holds(UploadBegan));
        await sandbox.Other.TerminateAsync(instance);
        sandbox.Run("Set-RunctlSandbox -ClearFault");
        var result = await start;
        Assert.Equal("InstanceGone", result.ErrorId);
        Assert.Contains(instance, result.Error.ToString());
    }

    public void Dispose()
    {
        sandbox.Run("Set-RunctlSandbox -ClearFault");
        _project.Dispose();
    }

    private void SlowUpload()
    {
        // Code that is in S3 already is not sent again.
        _project.Write("new.txt", Guid.NewGuid().ToString());
        sandbox.Fault("Operation = 's3:PutObject'; Kind = 'Delay'; Delay = '4s'; Key = 'checkpoints/runctl/orders/code/*'");
    }

    private bool UploadBegan() => sandbox.Run("(Set-RunctlSandbox -PassThru).Faults[0].Hits").Single > 0;

    private string Starting(string instance) =>
        $"Start-RunctlTraining ./train.py {instance} -SyncCode -NoMonitor -S3Bucket runctl-sandbox -Region us-east-1 -EndpointUrl {sandbox.Endpoint}";
}
