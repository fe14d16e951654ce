using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Faults;
using Runctl.Sandbox.Instances;

namespace Runctl.Sandbox.Ssm;

/// <summary>The agent of one instance: runs five commands at a time and holds five more; the rest is delayed.</summary>
internal sealed class Agent(InstanceRecord record, Func<string, Machine?> machines, InstanceConditions conditions, Func<string, string, string>? responder, TimeProvider clock)
{
    private const int Workers = 5;
    private const int BufferSize = 5;
    private const int Killed = 137;

    private readonly object _gate = new();
    private readonly Queue<Invocation> _waiting = new();
    private int _running;

    /// <summary>Takes a command; it starts as soon as SSM reaches the agent and a worker is free.</summary>
    public void Accept(Invocation invocation) => _ = AcceptAsync(invocation);

    private async Task AcceptAsync(Invocation invocation)
    {
        await conditions.OnlineAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _waiting.Enqueue(invocation);
            Pump();
        }
    }

    /// <summary>Called under the gate.</summary>
    private void Pump()
    {
        while (_running < Workers && _waiting.TryDequeue(out var next))
        {
            if (!next.StatusAt(clock.GetUtcNow()).Final)
            {
                _running++;
                _ = Task.Run(() => WorkAsync(next));
            }
        }

        var position = 0;
        foreach (var waiting in _waiting.Where(waiting => !waiting.StatusAt(clock.GetUtcNow()).Final))
        {
            waiting.Wait(position++ < BufferSize ? InvocationStatus.Pending : InvocationStatus.Delayed);
        }
    }

    private async Task WorkAsync(Invocation invocation)
    {
        try
        {
            if (machines(record.InstanceId) is { Processes: { } space } machine && await IsHeardAsync(space).ConfigureAwait(false))
            {
                await (responder is null ? RunAsync(invocation, machine, space) : RespondAsync(invocation, responder)).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException
            or System.ComponentModel.Win32Exception)
        {
            // The disk or the namespace went in the middle: an instance that dies reports nothing. One that lives says why not.
            if (record.State == InstanceState.Running && machines(record.InstanceId)?.Processes is not null)
            {
                await invocation.Error.ReadAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(e.Message))).ConfigureAwait(false);
                invocation.Finish(InvocationStatus.Failed, 1, clock.GetUtcNow());
            }
        }
        finally
        {
            lock (_gate)
            {
                _running--;
                Pump();
            }
        }
    }

    private async Task RespondAsync(Invocation invocation, Func<string, string, string> respond)
    {
        if (invocation.TryStart(clock.GetUtcNow()))
        {
            var printed = respond(record.InstanceId, string.Join('\n', invocation.Command.Lines));
            await invocation.Output.ReadAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(printed))).ConfigureAwait(false);
            invocation.Finish(InvocationStatus.Success, 0, clock.GetUtcNow());
        }
    }

    private async Task RunAsync(Invocation invocation, Machine machine, IProcessSpace space)
    {
        var script = CommandScript.Write(machine, record.InstanceId, invocation.Command);
        if (!invocation.TryStart(clock.GetUtcNow()))
        {
            return;
        }

        var process = await space.StartAsync(CommandScript.WorkingDirectory(machine, invocation.Command), "sh", "-c", script)
            .ConfigureAwait(false);
        using var timeout = new CancellationTokenSource(invocation.Command.ExecutionTimeout, clock);

        // As the agent waits: for the exit, and for everybody who still holds the output open.
        var done = Task.WhenAll(
            process.Exited, invocation.Output.ReadAsync(process.Output), invocation.Error.ReadAsync(process.Error));
        var timedOut = Task.Delay(Timeout.InfiniteTimeSpan, timeout.Token);
        var first = await Task.WhenAny(done, CancelledAsync(invocation), timedOut, space.Ended).ConfigureAwait(false);
        if (first == done)
        {
            var exitCode = await process.Exited.ConfigureAwait(false);
            var ended = clock.GetUtcNow();
            process.Dispose();

            // What runs goes on without SSM; how it ended is told when the agent is back.
            if (await IsHeardAsync(space).ConfigureAwait(false))
            {
                invocation.Finish(exitCode == 0 ? InvocationStatus.Success : InvocationStatus.Failed, exitCode, ended);
            }

            return;
        }

        if (first != space.Ended && await RunsAsync(space).ConfigureAwait(false))
        {
            space.KillGroup(process);
            var ended = clock.GetUtcNow();
            await IsHeardAsync(space).ConfigureAwait(false);
            invocation.Finish(
                first == timedOut ? InvocationStatus.ExecutionTimedOut : InvocationStatus.Cancelled, Killed, ended);
        }

        // Who left the group may hold the output for as long as it likes; the worker is free all the same.
        _ = done.ContinueWith(
            _ => process.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Waits until SSM hears the agent, which hibernates and wakes with its instance; false where that ended.</summary>
    private async Task<bool> IsHeardAsync(IProcessSpace space)
    {
        while (await RunsAsync(space).ConfigureAwait(false))
        {
            if (conditions.OnlineAsync() is { IsCompleted: false } online)
            {
                await Task.WhenAny(online, space.Ended).ConfigureAwait(false);
                continue;
            }

            return true;
        }

        return false;
    }

    /// <summary>Waits until the instance runs; false where its processes ended.</summary>
    private async Task<bool> RunsAsync(IProcessSpace space)
    {
        while (!space.Ended.IsCompleted)
        {
            var changed = record.StateChanged;
            if (record.State == InstanceState.Running)
            {
                return true;
            }

            await Task.WhenAny(changed, space.Ended).ConfigureAwait(false);
        }

        return false;
    }

    private async Task CancelledAsync(Invocation invocation)
    {
        await invocation.CancelRequested.ConfigureAwait(false);
        await conditions.OnlineAsync().ConfigureAwait(false);
    }
}
