using System.Collections.Concurrent;
using System.Diagnostics;
using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Core.Tests.Fakes;

/// <summary>SSM whose commands really run, by <c>sh</c> and without HOME, below a root directory.</summary>
internal sealed class FakeShell(string? root, FakeInstances instances) : ICommandService, IDisposable
{
    private readonly ConcurrentDictionary<(string Command, string Instance), Task<CommandOutcome>> _running = new();

    public HashSet<string> Offline { get; } = [];

    /// <summary>Ids that fail the whole call although SSM lists them, as a machine that has just died does.</summary>
    public HashSet<string> Dead { get; } = [];

    public ConcurrentQueue<ShellCommand> Sent { get; } = new();

    /// <summary>Ids of the commands that were cancelled.</summary>
    public ConcurrentQueue<string> Cancelled { get; } = new();

    public Dictionary<string, string> Parameters { get; } = [];

    /// <summary>What a call fails with, by its operation; null where it succeeds.</summary>
    public Func<string, RunctlException?>? Fault { get; set; }

    /// <summary>Answers instead of a shell, where it is set; what is in progress stays so.</summary>
    public Func<string, ShellCommand, CommandOutcome?>? Answer { get; set; }

    /// <summary>Goes on while a command is being sent.</summary>
    public Func<Task>? BeforeSent { get; set; }

    public async Task<string> SendAsync(ShellCommand command, CancellationToken cancellationToken)
    {
        Fail("SendCommand");
        await (BeforeSent?.Invoke() ?? Task.CompletedTask);
        cancellationToken.ThrowIfCancellationRequested();
        if (command.InstanceIds.Any(i => Dead.Contains(i) || !IsAlive(i)))
        {
            throw new RunctlException("InvalidInstanceId", ErrorKind.InvalidInput, "Instances not in a valid state") { ServiceErrorCode = "InvalidInstanceId" };
        }

        Sent.Enqueue(command);
        var id = Guid.NewGuid().ToString();
        foreach (var instance in command.InstanceIds)
        {
            _running[(id, instance)] = Answer?.Invoke(instance, command) is { } given ? Task.FromResult(given with { InstanceId = instance }) : RunAsync(instance, command.Script);
        }

        return id;
    }

    public Task<CommandOutcome?> GetOutcomeAsync(string commandId, string instanceId, CancellationToken cancellationToken)
    {
        Fail("GetCommandInvocation");
        return Task.FromResult(_running[(commandId, instanceId)] is { IsCompleted: true } done ? done.Result : null);
    }

    public Task<IReadOnlyList<CommandOutcome>> ListOutcomesAsync(string commandId, CancellationToken cancellationToken)
    {
        Fail("ListCommandInvocations");
        return Task.FromResult<IReadOnlyList<CommandOutcome>>(
        [.. _running.Where(r => r.Key.Command == commandId && r.Value.IsCompleted).Select(r => r.Value.Result with { Output = r.Value.Result.Output is { Length: > 2500 } long_ ? long_[..2500] : r.Value.Result.Output })]);
    }

    public Task CancelAsync(string commandId, CancellationToken cancellationToken)
    {
        Cancelled.Enqueue(commandId);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<ManagedInstance>> FindManagedAsync(IReadOnlyList<string> instanceIds, CancellationToken cancellationToken)
    {
        Fail("DescribeInstanceInformation");
        return Task.FromResult<IReadOnlyList<ManagedInstance>>([.. instanceIds.Where(i => !Offline.Contains(i) && (IsAlive(i) || Dead.Contains(i))).Select(i => new ManagedInstance(i, true, "3.3"))]);
    }

    public Task<string?> FindParameterAsync(string name, CancellationToken cancellationToken) => Task.FromResult(Parameters.GetValueOrDefault(name));

    /// <summary>Ends what was started below the root: the guard outlives the command that starts it.</summary>
    public void Dispose()
    {
        if (!OperatingSystem.IsLinux() || root is null)
        {
            return;
        }

        // Whoever is killed first may be started again by another; nobody is left after a few rounds.
        for (var round = 0; round < 5; round++)
        {
            foreach (var id in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => n!.All(char.IsAsciiDigit)))
            {
                Kill(id!);
            }
        }
    }

    private void Fail(string operation)
    {
        if (Fault?.Invoke(operation) is { } error)
        {
            throw error;
        }
    }

    private bool IsAlive(string id) => instances.All.Exists(i => i.InstanceId == id && i.State == "running");

    private void Kill(string id)
    {
        try
        {
            if (File.ReadAllText($"/proc/{id}/environ").Split('\0').Contains("RUNCTL_ROOT=" + root, StringComparer.Ordinal))
            {
                using var process = Process.GetProcessById(int.Parse(id, System.Globalization.CultureInfo.InvariantCulture));
                process.Kill();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            // It was gone already.
        }
    }

    private async Task<CommandOutcome> RunAsync(string instance, string script)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["RUNCTL_ROOT"] = root ?? throw new InvalidOperationException("This cloud has no root to run commands in.");
        start.Environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:9";
        start.Environment["AWS_REGION"] = "us-east-1";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new CommandOutcome(instance, process.ExitCode == 0 ? "Success" : "Failed", null, process.ExitCode, await output, await error);
    }
}
