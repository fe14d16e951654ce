using Runctl.Package.Tests.Shell;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>Sessions that end by themselves in the middle of a resume.</summary>
public sealed class EndedSessionTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>, IDisposable
{
    private const string Script =
        """
        $null = Watch-RunctlSpotInterruption $args[0] -S3Bucket runctl-sandbox -AutoResume -AsJob -PollInterval 500ms
        [IO.File]::WriteAllText("$PSScriptRoot/watching", '')
        while (-not [IO.File]::Exists("$PSScriptRoot/leave")) { [Threading.Thread]::Sleep(150) }
        exit 3
        """;

    /// <summary>Longer than a process waits for anything else.</summary>
    internal const string SlowRemoval = "Operation = 'ec2:TerminateInstances'; Kind = 'Delay'; Delay = '15s'; Count = 1";

    private readonly HeldTraining _held = new(sandbox);
    private string _run = "";
    private string _place = "";
    private string _first = "";

    [Fact]
    public async Task A_runspace_that_is_closed_takes_the_resume_of_its_job_back()
    {
        await BeginAsync();
        var session = new ModuleSession();
        Assert.Empty(session.Run($"Watch-RunctlSpotInterruption {_run} -S3Bucket runctl-sandbox {sandbox.Joined} -AutoResume -AsJob -PollInterval 500ms").Errors);
        var interruption = _held.InterruptAsync(_run, window: 120);
        HeldTraining.Until(() => Living().Count > 1, "No replacement was launched.");
        session.Dispose();
        HeldTraining.Until(() => Living().Count == 1, "The replacement was not removed.");
        await AssertGoesOnAsync(interruption);
    }

    [Theory]
    [InlineData(null, 3)]
    [InlineData("TERM", 143)]
    public async Task A_process_does_not_end_before_the_resume_of_its_job_is_taken_back_even_where_that_takes_a_while(string? signal, int code)
    {
        await BeginAsync();
        _held.Project.Write("session.ps1", Script);
        using var pwsh = PwshProcess.StartFile(sandbox.Joining(_held.Project), _held.Project["session.ps1"], _run);
        HeldTraining.Until(() => pwsh.HasExited || File.Exists(_held.Project["watching"]), "It does not watch.");
        var interruption = _held.InterruptAsync(_run, window: 120);
        HeldTraining.Until(() => pwsh.HasExited || Living().Count > 1, "No replacement was launched.");
        Assert.False(pwsh.HasExited);
        sandbox.Fault(SlowRemoval);
        if (signal is null)
        {
            _held.Project.Write("leave", "");
        }
        else
        {
            pwsh.Signal(signal);
        }

        var ended = await pwsh.WaitAsync();
        Assert.Equal([_first], Living());
        Assert.True(ended.ExitCode == code, ended.ToString());
        await AssertGoesOnAsync(interruption);
    }

    public void Dispose() => _held.Dispose();

    private async Task BeginAsync()
    {
        // It saves when it is let go: until then the run has not passed on, and a resume waits with its replacement.
        _run = _held.Start(sandbox.Launch(), "-ScriptArgument 20, 60, --slow");
        _place = _held.WaitUntilItStays(_run);
        _first = Assert.Single(await sandbox.Other.LivingAsync(_run));
    }

    private async Task AssertGoesOnAsync(Task interruption)
    {
        Assert.Equal([_first], Living());
        await File.WriteAllTextAsync(Path.Combine(_place, "let-go"), "");
        // Wait-RunctlTraining would wait until the notice is withdrawn or the instance gone.
        HeldTraining.Until(() => sandbox.Run("($run | Get-RunctlTraining).State").Single == "interrupted", "The attempt did not end.");
        var resumed = sandbox.Run("$run | Resume-RunctlTraining -InstanceType g5.xlarge -NoMonitor | Wait-RunctlTraining -PollInterval 500ms -Timeout 90s").Single;
        Assert.Equal(("finished", 3, 21L), ((string)resumed.State, (int)resumed.Attempt, (long)resumed.FirstStep));
        _held.AssertResult(60);
        // Nobody waits for the rest of the window.
        await sandbox.Other.TerminateAsync(_first);
        await interruption;
    }

    private IReadOnlyList<string> Living() => sandbox.Other.LivingAsync(_run).GetAwaiter().GetResult();
}
