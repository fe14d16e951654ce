using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Runctl.Host;

/// <summary>Runs one script or command to its end and finds the exit code.</summary>
internal sealed class ScriptRunner : IDisposable
{
    private const string LastExitCode = "LASTEXITCODE";

    private readonly ConsoleHost _host = new();
    private readonly Runspace _runspace;
    private PowerShell? _running;
    private int _interrupts;

    /// <param name="module">Manifest of the module to import.</param>
    public ScriptRunner(string module)
    {
        var state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([module]);
        _runspace = RunspaceFactory.CreateRunspace(_host, state);
    }

    /// <summary>Runs it; Ctrl+C stops it, a second one ends the process.</summary>
    public int Run(HostArguments arguments)
    {
        Console.CancelKeyPress += OnCancelKeyPress;
        try
        {
            return Open() ? Invoke(arguments) : HostExitCode.Failure;
        }
        finally
        {
            Console.CancelKeyPress -= OnCancelKeyPress;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _runspace.Dispose();

    private bool Open()
    {
        try
        {
            _runspace.Open();
            return true;
        }
        catch (RuntimeException exception)
        {
            _host.UI.WriteErrorLine($"The module could not be imported: {exception.Message}");
            return false;
        }
    }

    private int Invoke(HostArguments arguments)
    {
        if (arguments.ScriptPath is { } path && !File.Exists(path))
        {
            _host.UI.WriteErrorLine($"The script {path} does not exist.");
            return HostExitCode.Usage;
        }

        using var shell = PowerShell.Create(_runspace);
        Add(shell, arguments);
        Volatile.Write(ref _running, shell);
        var failed = false;
        try
        {
            if (Volatile.Read(ref _interrupts) == 0)
            {
                shell.Invoke(Array.Empty<object>());
            }
        }
        catch (PipelineStoppedException)
        {
            failed = true;
        }
        catch (RuntimeException exception)
        {
            failed = true;
            Report(exception.ErrorRecord);
        }
        finally
        {
            Volatile.Write(ref _running, null);
            _host.Interface.EndProgress();
        }

        if (Volatile.Read(ref _interrupts) > 0)
        {
            return HostExitCode.Interrupted;
        }

        return failed ? HostExitCode.Failure
            : _host.ExitCode ?? ExitCodeOf(arguments, shell);
    }

    // The script's own exit sets the variable; so does a native command at its end, as with pwsh -File.
    private int ExitCodeOf(HostArguments arguments, PowerShell shell) => arguments.ScriptPath is not null
        ? _runspace.SessionStateProxy.GetVariable(LastExitCode) as int? ?? HostExitCode.Success
        : shell.HadErrors ? HostExitCode.Failure : HostExitCode.Success;

    private static void Add(PowerShell shell, HostArguments arguments)
    {
        if (arguments.ScriptPath is { } path)
        {
            var command = new Command(path, isScript: false, useLocalScope: false);
            foreach (var argument in arguments.ScriptArguments)
            {
                command.Parameters.Add(argument);
            }

            shell.Commands.AddCommand(command);
        }
        else
        {
            shell.AddScript(arguments.Command);
        }

        // Errors travel with the output, so that they appear in their order.
        shell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        shell.AddCommand("Out-Default");
    }

    private void Report(ErrorRecord error)
    {
        using var shell = PowerShell.Create(_runspace);
        shell.AddCommand("Out-Default");
        var wrapped = new PSObject(error);
        wrapped.Properties.Add(new PSNoteProperty("writeErrorStream", true));
        shell.Invoke(new[] { wrapped });
    }

    private void OnCancelKeyPress(object? sender, ConsoleCancelEventArgs e)
    {
        if (Interlocked.Increment(ref _interrupts) == 1)
        {
            e.Cancel = true;
            Volatile.Read(ref _running)?.BeginStop(null, null);
        }
        else
        {
            Environment.Exit(HostExitCode.Interrupted);
        }
    }
}
