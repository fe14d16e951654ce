using Runctl.Package.Tests.Shell;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>Sessions that are killed while they resume a run, and what the next one finds.</summary>
public sealed class KilledResumerTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private const string Script = "param($Run, [switch] $Force) Resume-RunctlTraining $Run -S3Bucket runctl-sandbox -InstanceType g5.xlarge -NoMonitor -Force:$Force";

    private readonly HeldTraining _held = new(sandbox);

    [Fact]
    public async Task After_the_claim_the_run_is_said_to_be_taken_and_can_be_taken_from_the_dead()
    {
        var run = Stopped();
        await KillAsync(run, "ec2:CreateLaunchTemplate");
        var claimed = sandbox.Run("$run | Get-RunctlTraining").Single;
        Assert.Equal(("claimed", 2), ((string)claimed.State, (int)claimed.Attempt));
        Assert.All(new[] { "Watch-RunctlSpotInterruption", "Watch-RunctlSpotInterruption -AsJob", "Get-RunctlProcess" }, command =>
        {
            var unplaced = sandbox.Run($"$run | Get-RunctlTraining | {command}");
            Assert.Equal("RunNotPlaced", unplaced.ErrorId);
            Assert.Contains(run, unplaced.Error.ToString());
            Assert.Contains("Resume-RunctlTraining -Force", unplaced.Error.ErrorDetails.RecommendedAction);
        });
        var refused = sandbox.Run("$run | Resume-RunctlTraining -NoMonitor");
        Assert.Equal("ResumeTaken", refused.ErrorId);
        Assert.Contains("attempt 2 was claimed by ", refused.Error.ToString());
        Assert.Contains("-Force", refused.Error.ErrorDetails.RecommendedAction);

        var resumed = Force();
        Assert.Contains($"Remove-RunctlInstance {sandbox.Instance}", Assert.Single(resumed.Warnings), StringComparison.Ordinal);
        Assert.Equal(("finished", 3, 21L), ((string)resumed.Single.State, (int)resumed.Single.Attempt, (long)resumed.Single.FirstStep));
        Assert.Equal([sandbox.Instance, (string)resumed.Single.InstanceId], (await sandbox.Other.LivingAsync(run)).OrderBy(id => id != sandbox.Instance));
        _held.AssertResult(60);
    }

    [Fact]
    public async Task After_the_launch_what_they_left_is_named_and_trains_nothing_while_the_run_goes_on_elsewhere()
    {
        var run = Stopped();
        var first = sandbox.Instance;
        // The first dies before its claim could name the instance.
        await KillAsync(run, "ec2:DeleteLaunchTemplate");
        var unnamed = await LeftAsync(run, first);
        await KillAsync(run, "ssm:SendCommand", "-Force");
        var named = await LeftAsync(run, first, unnamed);

        var claimed = sandbox.Run("$run | Get-RunctlTraining").Single;
        Assert.Equal(("claimed", 3, named), ((string)claimed.State, (int)claimed.Attempt, (string)claimed.InstanceId));
        Assert.Contains($"has instance {named}", sandbox.Run("$run | Resume-RunctlTraining -NoMonitor").Error.ToString());
        var resumed = Force();
        foreach (var left in new[] { unnamed, named })
        {
            Assert.Single(resumed.Warnings, warning => warning.StartsWith($"Instance {left} was launched for run {run} ", StringComparison.Ordinal) && warning.Contains($"Remove-RunctlInstance {left}", StringComparison.Ordinal));
            Assert.Equal(run, sandbox.Run($"Get-RunctlInstance | Where-Object InstanceId -eq {left}").Single.RunId);
            Assert.False(Directory.Exists(sandbox.PathOn(left, "home/ubuntu/held")));
        }

        Assert.Equal(("finished", 4, 21L), ((string)resumed.Single.State, (int)resumed.Single.Attempt, (long)resumed.Single.FirstStep));
        _held.AssertResult(60);
        Assert.Empty(sandbox.Run($"Remove-RunctlInstance {unnamed}, {named} -Confirm:$false").Errors);
        Assert.Equal([first, (string)resumed.Single.InstanceId], (await sandbox.Other.LivingAsync(run)).OrderBy(id => id != first));
    }

    public void Dispose() => _held.Dispose();

    private string Stopped()
    {
        var run = _held.Start(sandbox.Instance, "-ScriptArgument 20, 60");
        _held.WaitUntilItStays(run);
        Assert.Equal("stopped", sandbox.Run("($run | Stop-RunctlTraining).State").Single);
        return run;
    }

    /// <summary>Kills a resumer when it waits for the answer to a request, which was not carried out.</summary>
    private async Task KillAsync(string run, string operation, params string[] options)
    {
        _held.Project.Write("resume.ps1", Script);
        sandbox.Fault($"Operation = '{operation}'; Kind = 'Delay'; Delay = '1h'; Count = 1");
        using var pwsh = PwshProcess.StartFile(sandbox.Joining(_held.Project), _held.Project["resume.ps1"], [run, .. options]);
        HeldTraining.Until(() => pwsh.HasExited || sandbox.Run("$sandbox.Faults[0].Hits").Single > 0, $"Nobody asked for {operation}.");
        Assert.False(pwsh.HasExited, pwsh.HasExited ? (await pwsh.WaitAsync()).ToString() : "");
        pwsh.Kill();
        Assert.Empty(sandbox.Run("Set-RunctlSandbox -ClearFault").Errors);
    }

    /// <summary>The one instance that is there besides; EC2 may take a moment to list it.</summary>
    private async Task<string> LeftAsync(string run, params string[] known)
    {
        IReadOnlyList<string> living = [];
        while ((living = await sandbox.Other.LivingAsync(run)).Count <= known.Length)
        {
            await Task.Delay(150, TestContext.Current.CancellationToken);
        }

        return Assert.Single(living.Except(known));
    }

    private Support.SessionResult Force() => sandbox.Run("$run | Resume-RunctlTraining -InstanceType g5.xlarge -NoMonitor -Force | Wait-RunctlTraining -PollInterval 500ms -Timeout 90s");
}
