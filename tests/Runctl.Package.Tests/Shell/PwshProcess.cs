using System.Diagnostics;
using System.Reflection;

namespace Runctl.Package.Tests.Shell;

/// <summary>A real pwsh as a process, its standard input closed. It finds the built module by its name.</summary>
internal sealed class PwshProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private PwshProcess(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var dotnet = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var start = new ProcessStartInfo(OperatingSystem.IsLinux() ? "env" : dotnet)
        {
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // If the tests run in the background of a shell, everything they start may ignore Ctrl+C or a closed terminal; a terminal's children do not.
        string[] program = OperatingSystem.IsLinux() ? ["--default-signal=INT,HUP", dotnet] : [];
        foreach (var argument in (string[])[.. program, "exec", Shell, "-NoProfile", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        if (environment is not null)
        {
            start.Environment.Clear();
            foreach (var (name, value) in environment)
            {
                start.Environment[name] = value;
            }
        }

        start.Environment["PSModulePath"] = Path.GetDirectoryName(Path.GetDirectoryName(Support.BuiltModule.Directory));
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = start.Environment["POWERSHELL_UPDATECHECK"] = "Off";
        // A process that is killed must not leave the runtime's sockets behind.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    private static string Shell => typeof(PwshProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(pair => pair.Key == "Pwsh").Value!;

    /// <summary>Starts a script in an environment of its own.</summary>
    public static PwshProcess StartFile(IReadOnlyDictionary<string, string> environment, string script, params string[] arguments) =>
        new(["-File", script, .. arguments], environment);

    /// <summary>Starts a command in an environment of its own.</summary>
    public static PwshProcess StartCommand(IReadOnlyDictionary<string, string> environment, string command) => new(["-Command", command], environment);

    /// <summary>Runs a command to its end.</summary>
    public static async Task<PwshResult> RunAsync(string command)
    {
        using var pwsh = new PwshProcess(["-Command", command]);
        return await pwsh.WaitAsync();
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Ends it by SIGKILL, and nothing it started.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
        foreach (var pipe in Directory.EnumerateFiles(Path.GetTempPath(), $"CoreFxPipe_PSHost.*.{_process.Id}.*"))
        {
            File.Delete(pipe);
        }
    }

    /// <summary>Sends it a signal, and nobody else.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end.</summary>
    public async Task<PwshResult> WaitAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(limit.Token);
        // A process that outlives the shell may hold the streams open.
        return new PwshResult(_process.ExitCode, await _output.WaitAsync(limit.Token), await _error.WaitAsync(limit.Token));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }
}
