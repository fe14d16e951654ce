using System.Collections.Concurrent;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Instances;

namespace Runctl.Sandbox.Ssm;

/// <summary>Which instances SSM knows: those with an instance profile, some time after they began to run.</summary>
internal sealed class ManagedInstances(
    InstanceRegistry registry, Func<string, Machine?> machines, SandboxOptions options, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Agent> _agents = new(StringComparer.Ordinal);

    /// <summary>Every instance that has registered, by id, with whether it is online.</summary>
    public IReadOnlyList<(InstanceRecord Record, bool Online)> All() =>
        registry.All
            .Where(record => record.ProfileName is not null)
            .Select(record => (Record: record, Online: IsOnline(record)))
            .Where(entry => entry.Online || (entry.Record.State is InstanceState.Stopped or InstanceState.Stopping))
            .ToList();

    /// <summary>The agents of these instances: all of them or none.</summary>
    /// <exception cref="SsmException">One is not a live managed instance, so the whole command fails.</exception>
    public IReadOnlyList<Agent> Agents(IReadOnlyList<string> ids) =>
        ids.All(id => registry.Find(id) is { } record && IsOnline(record))
            ? ids.Select(id => _agents.GetOrAdd(id, key => new Agent(registry.Get(key), machines, clock))).ToList()
            : throw new SsmException("InvalidInstanceId",
                $"Instances [[{string.Join(", ", ids)}]] not in a valid state for account 000000000000");

    private bool IsOnline(InstanceRecord record) =>
        record is { State: InstanceState.Running, ProfileName: not null, RunningSince: { } since }
        && clock.GetUtcNow() >= since + (options.BootTime / 2)
        && machines(record.InstanceId)?.Processes is not null;
}
