namespace Runctl.Package.Tests.EndToEnd;

/// <summary>What waiting says of the ways a training can end.</summary>
public sealed class WaitTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private const string Wait = "$run | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s";

    private readonly Project _project = new();

    [Theory]
    [InlineData("import os, signal, time; time.sleep(3); os.kill(os.getpid(), signal.SIGSEGV)", 139)]
    [InlineData("import os, signal, time; time.sleep(3); os.kill(os.getpid(), signal.SIGKILL)", 137)]
    [InlineData("import time; time.sleep(3); raise ValueError('no')", 1)]
    public void One_that_a_signal_or_an_error_ended_has_the_exit_code_a_shell_would_show(string script, int code)
    {
        _project.Write("train.py", script);
        Assert.Empty(sandbox.Start(_project, sandbox.Instance).Errors);
        var ended = sandbox.Run(Wait).Single;
        Assert.Equal("failed", ended.State);
        Assert.Equal(code, ended.ExitCode);
    }

    [Fact]
    public void One_whose_instance_is_gone_since_it_ended_keeps_its_exit_code()
    {
        var instance = sandbox.Launch();
        _project.Write("train.py", "import sys, time; time.sleep(3); sys.exit(7)");
        Assert.Empty(sandbox.Start(_project, instance).Errors);
        sandbox.Run(Wait);
        Assert.Empty(sandbox.Run($"Remove-RunctlInstance {instance} -Confirm:$false").Errors);
        var ended = sandbox.Run(Wait).Single;
        Assert.Equal("failed", ended.State);
        Assert.Equal(7, ended.ExitCode);
    }

    [Fact]
    public void One_whose_setup_failed_has_failed_and_no_exit_code_of_its_own()
    {
        _project.Write(".runctl.toml", "[training]\nsetup_command = \"exit 3\"\n");
        Assert.NotEmpty(sandbox.Start(_project, sandbox.Instance).Errors);
        var ended = sandbox.Run($"Get-RunctlTraining -InstanceId {sandbox.Instance} | Where-Object State -eq failed | Where-Object {{ $null -eq $_.ExitCode }} | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s").Output[0];
        Assert.Equal("failed", (string)((dynamic)ended.BaseObject).State);
    }

    public void Dispose() => _project.Dispose();
}
