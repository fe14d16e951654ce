using System.Text;
using Runctl.Sandbox.Instances;

namespace Runctl.Sandbox.Ssm;

/// <summary>The SSM agent of one instance: five commands at once, five more waiting, the rest undelivered.</summary>
internal sealed class Agent(Machine machine, TimeProvider clock) : IDisposable
{
    private const int AtOnce = 5;
    private const int Buffered = 5;
    private const int KeptCharacters = 100_000;
    private const string Orchestration = "var/lib/amazon/ssm/orchestration";
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly SemaphoreSlim _delivered = new(AtOnce + Buffered);
    private readonly SemaphoreSlim _running = new(AtOnce);

    /// <summary>The machine it runs on.</summary>
    public Machine Machine { get; } = machine;

    /// <summary>Delivers and runs a command; completes when it has ended.</summary>
    public async Task RunAsync(Command command, Invocation invocation)
    {
        var token = invocation.Cancellation.Token;
        try
        {
            using var delivery = new CancellationTokenSource(command.DeliveryTimeout, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(token, delivery.Token);
            await _delivered.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            invocation.End(token.IsCancellationRequested ? CommandStatus.Cancelled : CommandStatus.DeliveryTimedOut, -1, "", "", clock.GetUtcNow());
            return;
        }

        try
        {
            await _running.WaitAsync(token).ConfigureAwait(false);
            try
            {
                await ExecuteAsync(command, invocation).ConfigureAwait(false);
            }
            finally
            {
                _running.Release();
            }
        }
        catch (OperationCanceledException)
        {
            invocation.End(CommandStatus.Cancelled, -1, "", "", clock.GetUtcNow());
        }
        finally
        {
            _delivered.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _delivered.Dispose();
        _running.Dispose();
    }

    private async Task ExecuteAsync(Command command, Invocation invocation)
    {
        invocation.Start(clock.GetUtcNow());
        if (Machine.Processes is not { } processes)
        {
            // Powered off between delivery and start: nobody is left to report.
            return;
        }

        var directory = Path.Combine(Machine.Root, Orchestration, command.CommandId);
        var script = Path.Combine(directory, "_script.sh");
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(script, string.Join('\n', command.Lines) + "\n", new UTF8Encoding(false)).ConfigureAwait(false);
        File.SetUnixFileMode(script, Executable);

        using var child = processes.Start(command.WorkingDirectory ?? directory, "/bin/sh", "-c", script);
        var output = ReadAsync(child.Output);
        var error = ReadAsync(child.Error);

        // Whoever keeps the output open keeps the command going, as with the real agent.
        var end = Task.WhenAll(child.Exited, output, error);
        using var overtime = new CancellationTokenSource(command.ExecutionTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(invocation.Cancellation.Token, overtime.Token);
        try
        {
            await end.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            processes.KillGroup(child);
            var status = overtime.IsCancellationRequested ? CommandStatus.ExecutionTimedOut : CommandStatus.Cancelled;
            invocation.End(status, -1, "", "", clock.GetUtcNow());
            return;
        }

        if (!ReferenceEquals(Machine.Processes, processes))
        {
            // The instance was taken while the command ran. SSM does not learn of it: the command stays in progress.
            return;
        }

        var code = await child.Exited.ConfigureAwait(false);
        invocation.End(
            code == 0 ? CommandStatus.Success : CommandStatus.Failed, code, await output.ConfigureAwait(false), await error.ConfigureAwait(false), clock.GetUtcNow());
    }

    private static async Task<string> ReadAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var kept = new StringBuilder();
        var buffer = new char[8192];
        while (await reader.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
        {
            kept.Append(buffer, 0, Math.Min(count, KeptCharacters - kept.Length));
        }

        return kept.ToString();
    }
}
