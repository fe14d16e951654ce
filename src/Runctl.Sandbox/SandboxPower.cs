using System.Collections.Concurrent;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Imds;
using Runctl.Sandbox.Instances;

namespace Runctl.Sandbox;

/// <summary>Makes instances real: a machine and a metadata service for each.</summary>
internal sealed class SandboxPower(
    ProcessSpaces spaces, InstanceUsers users, ImdsContext imds, string directory, string searchPath, TimeSpan bootTime) : IInstancePower
{
    private readonly ConcurrentDictionary<string, Machine> _machines = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ImdsServer> _metadata = new(StringComparer.Ordinal);

    /// <summary>Where the sandbox listens; set before the first launch.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>Told of an instance whose first process ended by itself: it was shut down from inside.</summary>
    public Action<string>? ShutDownFromInside { get; set; }

    /// <summary>The machine of an instance, or null.</summary>
    public Machine? Machine(string instanceId) => _machines.GetValueOrDefault(instanceId);

    /// <inheritdoc/>
    public async Task PowerOnAsync(InstanceRecord record, CancellationToken ct)
    {
        // From here on they are its own, whatever new instances get.
        imds.Conditions.Of(record.InstanceId);
        var first = !_machines.TryGetValue(record.InstanceId, out var machine);
        if (machine is not null && await machine.WakeAsync(ct).ConfigureAwait(false))
        {
            // Its metadata service is where its processes know it to be, and cloud-init goes on by itself.
            return;
        }

        if (machine is null)
        {
            machine = new Machine(spaces, Path.Combine(directory, record.InstanceId), users.Next());
            _machines[record.InstanceId] = machine;
            machine.Format(record.InstanceId, record.PrivateDnsName);
        }

        await CloseMetadataAsync(record).ConfigureAwait(false);
        var metadata = ImdsServer.Start(record, imds);
        _metadata[record.InstanceId] = metadata;
        var environment = InstanceEnvironment.Of(machine.Root, metadata.Endpoint, Endpoint, imds.Region, SearchPathOf(record, machine));
        await machine.PowerOnAsync(environment, ct).ConfigureAwait(false);
        _ = WatchAsync(record, machine.Processes!);
        _ = BootAsync(record, machine, first, ct);
    }

    /// <inheritdoc/>
    public Task HibernateAsync(InstanceRecord record) => Machine(record.InstanceId)?.HibernateAsync() ?? Task.CompletedTask;

    /// <inheritdoc/>
    public async Task PowerOffAsync(InstanceRecord record)
    {
        await CloseMetadataAsync(record).ConfigureAwait(false);
        if (!_machines.TryGetValue(record.InstanceId, out var machine))
        {
            return;
        }

        if (record.State == InstanceState.Stopping)
        {
            await machine.PowerOffAsync().ConfigureAwait(false);
            return;
        }

        _machines.TryRemove(record.InstanceId, out _);
        await machine.DisposeAsync().ConfigureAwait(false);
    }

    private async Task CloseMetadataAsync(InstanceRecord record)
    {
        if (_metadata.TryRemove(record.InstanceId, out var metadata))
        {
            await metadata.DisposeAsync().ConfigureAwait(false);
        }
    }

    private string SearchPathOf(InstanceRecord record, Machine machine) =>
        ImageTable.Find(record.ImageId) is { HasPython: false } ? BarePath.Create(machine.Root, searchPath) : searchPath;

    /// <summary>cloud-init goes on for a while after the instance counts as running.</summary>
    private async Task BootAsync(InstanceRecord record, Machine machine, bool first, CancellationToken ct)
    {
        try
        {
            await UserDataScript.RunAsync(machine, record.UserData, first, ct).ConfigureAwait(false);
            await Task.Delay(bootTime / 2, imds.Clock, ct).ConfigureAwait(false);
            machine.FinishBoot();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // Ended while it booted: its disk is going or gone, and nobody waits for cloud-init.
        }
    }

    private async Task WatchAsync(InstanceRecord record, IProcessSpace processes)
    {
        await processes.Ended.ConfigureAwait(false);
        if (record.State == InstanceState.Running)
        {
            ShutDownFromInside?.Invoke(record.InstanceId);
        }
    }
}
