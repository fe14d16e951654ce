using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.Hosting;

public sealed class HostTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("runctl-host-").FullName;

    [Fact]
    public async Task Arguments_reach_the_script_as_with_pwsh_File()
    {
        var script = Write("param([string] $Name, [int] $Number = 1, [switch] $Flag, [switch] $Off, $Low, [Parameter(ValueFromRemainingArguments)] $Rest)\n\"$Name|$Number|$Flag|$Off|$Low|$($Rest -join '+')|$PSScriptRoot\"");
        var result = await HostProcess.RunAsync(script, "a b", "-Number", "5", "-Flag", "-Off:$false", "-Low", "-3", "x", "$y");
        Assert.Equal($"a b|5|True|False|-3|x+$y|{_directory}\n", result.Output);
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("'done'", 0)]
    [InlineData("throw 'bad'", 1)]
    [InlineData("$ErrorActionPreference = 'Stop'; Stop-RunctlSandbox http://127.0.0.1:9/", 1)]
    [InlineData("if (", 1)]
    public async Task The_scripts_end_is_the_exit_code(string text, int expected) =>
        Assert.Equal(expected, (await HostProcess.RunAsync("-File", Write(text))).ExitCode);

    [Fact]
    public async Task A_commands_exit_is_the_exit_code() => Assert.Equal(4, (await HostProcess.RunAsync("-Command", "exit 4")).ExitCode);

    [Fact]
    public async Task A_script_that_is_not_there_is_named()
    {
        var result = await HostProcess.RunAsync("no-such-script.ps1");
        Assert.Equal(64, result.ExitCode);
        Assert.Contains("no-such-script.ps1", result.Error);
    }

    [Fact]
    public async Task Every_stream_is_shown_without_colours_when_it_is_redirected()
    {
        var script = Write(
            """
            $VerbosePreference = $InformationPreference = 'Continue'
            Stop-RunctlSandbox -WhatIf
            New-Object PSObject -ErrorAction SilentlyContinue
            & { [CmdletBinding()] param() $PSCmdlet.WriteWarning('a warning'); $PSCmdlet.WriteVerbose('a detail'); $PSCmdlet.WriteInformation('a note', [string[]]@('t')); Stop-RunctlSandbox http://127.0.0.1:9/ }
            [pscustomobject]@{ Left = 1; Right = 'x' }
            """);
        var result = await HostProcess.RunAsync(script);
        Assert.Contains("WARNING: a warning\n", result.Output);
        Assert.Contains("VERBOSE: a detail\n", result.Output);
        Assert.Contains("a note\n", result.Output);
        Assert.Matches(@"Left +Right\n-+ +-+\n +1 x\n", result.Output);
        Assert.Contains("Stop-RunctlSandbox:", result.Error);
        Assert.Contains("Recommendation:", result.Error);
        Assert.DoesNotContain("\u001b", result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_stops_the_script_and_runs_its_finally()
    {
        using var server = new SilentServer();
        using var host = HostProcess.Start(Write($$"""
            try { [IO.File]::WriteAllText("$PSScriptRoot/begun", ''); while ($true) { } } finally { [Console]::Out.WriteLine('cleaned up') }
            """));
        Assert.True(Eventually.Holds(() => File.Exists(Path.Combine(_directory, "begun"))));
        host.Interrupt();
        var result = await host.WaitAsync();
        Assert.Equal(130, result.ExitCode);
        Assert.Contains("cleaned up", result.Output);
    }

    [Fact]
    public async Task Without_a_built_module_it_says_how_to_build_it()
    {
        var engine = Directory.EnumerateFiles(BuiltModule.HostDirectory, "System.Management.Automation.dll", SearchOption.AllDirectories).First(path => !path.Contains("win", StringComparison.Ordinal));
        foreach (var path in new[] { engine, Path.Combine(BuiltModule.HostDirectory, "Runctl.Host.dll"), Path.Combine(BuiltModule.HostDirectory, "Runctl.Host.runtimeconfig.json") })
        {
            File.Copy(path, Path.Combine(_directory, Path.GetFileName(path)));
        }

        using var host = HostProcess.StartCopy(_directory, "-Command", "1");
        var result = await host.WaitAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("dotnet build", result.Error);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Write(string script)
    {
        var path = Path.Combine(_directory, "script.ps1");
        File.WriteAllText(path, script);
        return path;
    }
}
