using System.Diagnostics;

namespace Runctl.Sandbox.Instances;

/// <summary>A process of the host with an environment of exactly what is given, in a session of its own.</summary>
internal sealed class ChildProcess : IDisposable
{
    /// <summary>Held while a process is started.</summary>
    public static readonly object Starting = new();

    private readonly Process _process;

    private ChildProcess(Process process)
    {
        _process = process;
        Id = process.Id;
        Exited = WaitAsync();
    }

    /// <summary>The process id as the host sees it.</summary>
    public int Id { get; }

    /// <summary>Completes with the exit code, 128 and the signal's number where a signal ended it.</summary>
    public Task<int> Exited { get; }

    /// <summary>Standard input; closing it is how the process learns that it is to end.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>Standard output; it ends when the last process that inherited it has closed it.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>Standard error, likewise.</summary>
    public Stream Error => _process.StandardError.BaseStream;

    /// <summary>Starts a program given by absolute path.</summary>
    public static ChildProcess Start(HostTools tools, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment)
    {
        // .NET's pipes are close-on-exec: no other child keeps this one's input open when the host dies.
        var start = new ProcessStartInfo(tools.Setsid)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in command)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        lock (Starting)
        {
            return new ChildProcess(Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start."));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        return _process.ExitCode;
    }
}
