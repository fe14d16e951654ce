using System.Collections;
using System.Text.RegularExpressions;
using Runctl.Package.Tests.Support;

namespace Runctl.Package.Tests.EndToEnd;

/// <summary>A sandbox with a run that has ended, one that was interrupted, and an instance on which no guard can run.</summary>
public sealed partial class HostileValueFixture : SandboxFixture
{
    private const string ImageWithoutPython = "ami-0a1b2c3d4e5f40001";

    private readonly Project _project = new();
    private readonly string _bare;
    private readonly string _ended;
    private readonly string _interrupted;
    private readonly string _manifest;
    private int _known;

    public HostileValueFixture()
    {
        var instance = Launch();
        Assert.Empty(Start(_project, instance, "-ScriptArgument '--once'").Errors);
        var ended = Run("$run | Wait-RunctlTraining -PollInterval 500ms -Timeout 120s").Single;
        (_ended, _manifest) = (ended.RunId, ended.Checkpoint.Manifest);
        Assert.Empty(Start(_project, instance).Errors);
        WaitForSteps();
        Assert.Empty(Run("$run | Invoke-RunctlInterruptionDrill -Window 15s -PollInterval 500ms").Errors);
        _interrupted = Run("$run.RunId").Single;
        _bare = Run($"New-RunctlSpotInstance g5.xlarge -ImageId {ImageWithoutPython} -Wait").Single.InstanceId;
        Shapes = NewScriptsAsync().GetAwaiter().GetResult().Select(Shape).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The scripts of a start, a drill and a look, but for their base64 and hashes.</summary>
    internal HashSet<string> Shapes { get; }

    /// <summary>The scripts that were sent since they were last asked for.</summary>
    internal async Task<IReadOnlyList<string>> NewScriptsAsync()
    {
        var all = await Other.ScriptsAsync();
        var fresh = all.Take(all.Count - _known).ToList();
        _known = all.Count;
        return fresh;
    }

    /// <summary>A script without what varies in it: base64, hashes, the numbers of pieces.</summary>
    internal string Shape(string script) => Pieces().Replace(Hashes().Replace(Envelopes().Replace(Bodies().Replace(script, "BASE64"), "'BASE64'"), "HASH"), "PIECES");

    /// <summary>The arguments by which a command does its work, with a value in one of them.</summary>
    internal Hashtable Arguments(string command, string parameter, object value)
    {
        var arguments = Usual(command);
        if (arguments.ContainsKey("ProcessName") && parameter == "PidFile")
        {
            arguments.Remove("ProcessName");
        }

        arguments[parameter] = value;
        return arguments;
    }

    /// <summary>No command of a value ran, here or on an instance.</summary>
    internal void AssertNothingRan()
    {
        foreach (var place in new[] { "/", "/tmp", "/root", Environment.CurrentDirectory, Run("$PWD.Path").Single, AppContext.BaseDirectory })
        {
            Assert.False(File.Exists(Path.Combine(place, "pwned")), place);
        }

        foreach (var place in new[] { Directory, _project.Directory })
        {
            Assert.Empty(System.IO.Directory.EnumerateFiles(place, "pwned", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }));
        }
    }

    private Hashtable Usual(string command) => command switch
    {
        "Start-RunctlTraining" => new() { ["Script"] = _project["train.py"], ["InstanceId"] = _bare, ["SyncCode"] = true, ["NoMonitor"] = true, ["Confirm"] = false },
        "Resume-RunctlTraining" => new() { ["RunId"] = _interrupted, ["WhatIf"] = true },
        "Watch-RunctlSpotInterruption" => new() { ["InstanceId"] = _bare, ["ProcessName"] = "none", ["AsJob"] = true, ["Confirm"] = false },
        "Get-RunctlTraining" or "Get-RunctlTrainingLog" or "Get-RunctlProcess" or "Get-RunctlEvent" or "Wait-RunctlTraining" => new() { ["RunId"] = _ended },
        "Stop-RunctlTraining" or "Invoke-RunctlInterruptionDrill" => new() { ["RunId"] = _ended, ["Confirm"] = false },
        "Export-RunctlReport" => new() { ["RunId"] = _ended, ["Path"] = Path.Combine(_project.Directory, "report.html"), ["Force"] = true, ["Confirm"] = false },
        "Save-RunctlCheckpoint" => new() { ["Manifest"] = _manifest, ["Destination"] = Path.Combine(_project.Directory, "saved"), ["Force"] = true, ["Confirm"] = false },
        "Get-RunctlInstance" => [],
        "Start-RunctlInstance" or "Stop-RunctlInstance" or "Remove-RunctlInstance" => new() { ["InstanceId"] = "i-0123456789abcdef0", ["Confirm"] = false },
        "New-RunctlSpotInstance" => new() { ["InstanceType"] = "g5.xlarge", ["Confirm"] = false },
        "Test-RunctlSetup" => new() { ["InstanceId"] = _bare, ["Script"] = _project["train.py"] },
        "Initialize-RunctlConfiguration" => new() { ["Path"] = _project.Directory, ["WhatIf"] = true },
        "Set-RunctlSandbox" or "Stop-RunctlSandbox" or "Start-RunctlSandbox" => new() { ["WhatIf"] = true },
        _ => [],
    };

    [GeneratedRegex("(?<=<<'RUNCTL_END' \\|\\| fail\n)[A-Za-z0-9+/=\n]+(?=\nRUNCTL_END\n)")]
    private static partial Regex Bodies();

    [GeneratedRegex("'@?[A-Za-z0-9+/=]{16,}'")]
    private static partial Regex Envelopes();

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Hashes();

    [GeneratedRegex("(\"\\$target\\.part\\.[0-9]{4}\" ?)+")]
    private static partial Regex Pieces();
}
