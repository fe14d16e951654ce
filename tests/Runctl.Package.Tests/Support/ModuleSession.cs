using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Runctl.Package.Tests.Support;

/// <summary>A PowerShell session of its own with the built module imported.</summary>
internal sealed class ModuleSession : IDisposable
{
    // No test may hang: what takes longer than this is broken, however slow the machine is.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    // The engine's first runspaces of a process may get no drives when they are opened at the same time.
    private static readonly Lock Opening = new();

    private readonly RecordingHost _host = new();
    private readonly Runspace _runspace;

    public ModuleSession()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("runctl-package-").FullName;
        var state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([BuiltModule.Manifest]);
        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        lock (Opening)
        {
            _runspace.Open();
            GoTo(Directory);
        }
    }

    /// <summary>The session's location, empty at first.</summary>
    public string Directory { get; }

    /// <summary>Changes the location.</summary>
    public void GoTo(string directory) => _runspace.SessionStateProxy.Path.SetLocation(directory);

    /// <summary>Sets a variable.</summary>
    public void Set(string name, object? value) => _runspace.SessionStateProxy.SetVariable(name, value);

    /// <summary>Runs a script; what it wrote is in the result, and a terminating error too.</summary>
    public SessionResult Run(string script)
    {
        using var shell = Begin(script);
        return Complete(shell, () => Invoke(shell));
    }

    /// <summary>What was shown on the screen beside all streams, also by what goes on in the background.</summary>
    public string Shown => _host.Text;

    /// <summary>What a script shows on the screen.</summary>
    public string Show(string script)
    {
        _host.Clear();
        using var shell = Begin(script);
        shell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        shell.AddCommand("Out-Default");
        Invoke(shell);
        return _host.Text;
    }

    /// <summary>Answers the questions to come, a choice's first letter each.</summary>
    public void Answer(params char[] answers) => _host.Answer(answers);

    /// <summary>Runs a script and stops it after a while.</summary>
    /// <returns>How long the stop took.</returns>
    public TimeSpan Stop(string script, TimeSpan after)
    {
        var began = TimeProvider.System.GetTimestamp();
        return Stop(script, () => TimeProvider.System.GetElapsedTime(began) >= after);
    }

    /// <summary>Runs a script and stops it at a moment.</summary>
    /// <returns>How long the stop took.</returns>
    public TimeSpan Stop(string script, Func<bool> when)
    {
        using var shell = Begin(script);
        var running = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => running.IsCompleted || when(), Patience));
        if (running.IsCompleted)
        {
            Assert.Fail($"It ended before it could be stopped: {string.Join("; ", shell.Streams.Error.ReadAll())}");
        }

        var began = TimeProvider.System.GetTimestamp();
        shell.Stop();
        return TimeProvider.System.GetElapsedTime(began);
    }

    public void Dispose()
    {
        _runspace.Dispose();
        if (System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    private System.Management.Automation.PowerShell Begin(string script) => System.Management.Automation.PowerShell.Create(_runspace).AddScript(script);

    private static PSDataCollection<PSObject> Invoke(System.Management.Automation.PowerShell shell)
    {
        var running = shell.BeginInvoke();
        if (!running.AsyncWaitHandle.WaitOne(Patience))
        {
            shell.BeginStop(null, null);
            var last = shell.Streams.Progress.LastOrDefault();
            throw new TimeoutException($"Not done after {Patience}: {shell.Commands.Commands[0].CommandText} (last progress: {last?.Activity}, {last?.StatusDescription})");
        }

        return shell.EndInvoke(running);
    }

    private static SessionResult Complete(System.Management.Automation.PowerShell shell, Func<IEnumerable<PSObject>> invoke)
    {
        PSObject[] output = [];
        ErrorRecord? terminating = null;
        try
        {
            output = [.. invoke()];
        }
        catch (RuntimeException exception)
        {
            terminating = exception.ErrorRecord;
        }

        return new SessionResult(
            output,
            [.. shell.Streams.Error, .. terminating is null ? Array.Empty<ErrorRecord>() : [terminating]],
            [.. shell.Streams.Warning.Select(record => record.Message)],
            [.. shell.Streams.Verbose.Select(record => record.Message), .. shell.Streams.Debug.Select(record => record.Message)],
            [.. shell.Streams.Information],
            [.. shell.Streams.Progress]);
    }
}
