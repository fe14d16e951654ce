using System.Diagnostics;

namespace Runctl.Package.Tests.Hosting;

/// <summary>The built host as a process, its standard input closed.</summary>
internal sealed class HostProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private HostProcess(string directory, string workingDirectory, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var dotnet = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var start = new ProcessStartInfo(OperatingSystem.IsLinux() ? "env" : dotnet)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Where the tests run in the background of a shell, Ctrl+C may be ignored by all they start, or a closed terminal; a terminal's children do not ignore them.
        string[] program = OperatingSystem.IsLinux() ? ["--default-signal=INT,HUP", dotnet] : [];
        foreach (var argument in (string[])[.. program, "exec", Path.Combine(directory, "Runctl.Host.dll"), .. arguments])
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

        // One that is killed must not leave the runtime's sockets behind.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts the host.</summary>
    public static HostProcess Start(params string[] arguments) => new(Support.BuiltModule.HostDirectory, Path.GetTempPath(), arguments);

    /// <summary>Starts the host with an environment of its own.</summary>
    public static HostProcess StartIn(IReadOnlyDictionary<string, string> environment, params string[] arguments) => new(Support.BuiltModule.HostDirectory, Path.GetTempPath(), arguments, environment);

    /// <summary>Starts a copy of the host that lies elsewhere.</summary>
    public static HostProcess StartCopy(string directory, params string[] arguments) => new(directory, directory, arguments);

    /// <summary>Runs the host to its end.</summary>
    public static async Task<HostResult> RunAsync(params string[] arguments)
    {
        using var host = Start(arguments);
        return await host.WaitAsync();
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

    /// <summary>Presses Ctrl+C.</summary>
    public void Interrupt() => Signal("INT");

    /// <summary>Sends it a signal, and nobody else.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end.</summary>
    public async Task<HostResult> WaitAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(limit.Token);
        // A process that outlived the host may hold the streams open.
        return new HostResult(_process.ExitCode, await _output.WaitAsync(limit.Token), await _error.WaitAsync(limit.Token));
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
