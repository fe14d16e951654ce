using Runctl.Package.Tests.Shell;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>A resume by hand whose process is signalled in the middle of it.</summary>
public sealed class SignalledResumeTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private readonly HeldTraining _held = new(sandbox);

    [Theory]
    [InlineData("INT", null)]
    [InlineData("HUP", 129)]
    public async Task A_process_whose_resume_is_stopped_by_Ctrl_C_or_a_closed_terminal_does_not_end_before_it_is_taken_back(string signal, int? code)
    {
        var run = _held.Start(sandbox.Instance, "-ScriptArgument 20, 60");
        _held.WaitUntilItStays(run);
        Assert.Equal("stopped", sandbox.Run("($run | Stop-RunctlTraining).State").Single);
        _held.Project.Write("resume.ps1", "Resume-RunctlTraining $args[0] -S3Bucket runctl-sandbox -InstanceType g5.xlarge -NoMonitor");
        Assert.Empty(sandbox.Run("Set-RunctlSandbox -ClearFault").Errors);
        sandbox.Fault("Operation = 'ssm:SendCommand'; Kind = 'Delay'; Delay = '1h'; Count = 1");
        using var pwsh = PwshProcess.StartFile(sandbox.Joining(_held.Project), _held.Project["resume.ps1"], run);
        HeldTraining.Until(() => pwsh.HasExited || sandbox.Run("$sandbox.Faults[0].Hits").Single > 0, "Its replacement was not made ready.");
        Assert.False(pwsh.HasExited);
        Assert.Equal(2, Living(run).Count);
        sandbox.Fault(EndedSessionTests.SlowRemoval);
        pwsh.Signal(signal);
        var ended = await pwsh.WaitAsync();
        Assert.Equal([sandbox.Instance], Living(run));
        // After Ctrl+C the shell goes on with what follows the script, and its exit code is its own.
        Assert.True(code is null || ended.ExitCode == code, ended.ToString());
        Assert.Empty(sandbox.Run("Set-RunctlSandbox -ClearFault; $run | Resume-RunctlTraining -WhatIf").Errors);
    }

    public void Dispose() => _held.Dispose();

    private IReadOnlyList<string> Living(string run) => sandbox.Other.LivingAsync(run).GetAwaiter().GetResult();
}
