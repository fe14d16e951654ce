using System.Collections.Concurrent;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Faults;
using Runctl.Sandbox.Instances;

namespace Runctl.Sandbox.Ssm;

/// <summary>Which instances SSM knows: those whose role lets the agent register, some time after they began to run.</summary>
internal sealed class ManagedInstances(
    InstanceRegistry registry, Func<string, Machine?> machines, ConditionTable conditions, SandboxOptions options, SsmAccess access, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Agent> _agents = new(StringComparer.Ordinal);

    /// <summary>Every instance that has registered, oldest first.</summary>
    public IReadOnlyList<ManagedInstance> All() =>
        registry.All
            .Where(access.AllowsAgent)
            .Select(record => Read(record))
            .Where(instance => instance.Registered || (instance.Record.State is InstanceState.Stopped or InstanceState.Stopping))
            .ToList();

    /// <summary>The agents of these instances, in reach or not: all of them or none.</summary>
    /// <exception cref="SsmException">One is not a live managed instance, so the whole command fails.</exception>
    public IReadOnlyList<Agent> Agents(IReadOnlyList<string> ids) =>
        ids.All(id => registry.Find(id) is { } record && Read(record).Registered)
            ? ids.Select(id => _agents.GetOrAdd(id, key => new Agent(registry.Get(key), machines, conditions.Of(key), options.Responder, clock))).ToList()
            : throw new SsmException("InvalidInstanceId",
                $"Instances [[{string.Join(", ", ids)}]] not in a valid state for account 000000000000");

    private ManagedInstance Read(InstanceRecord record)
    {
        var current = conditions.Of(record.InstanceId);
        return new ManagedInstance(record, AgentRuns(record) && current.WasOnline, current.OfflineSince);
    }

    private bool AgentRuns(InstanceRecord record) =>
        record is { State: InstanceState.Running, ProfileName: not null, RunningSince: { } since }
        && clock.GetUtcNow() >= since + (options.BootTime / 2)
        && access.AllowsAgent(record)
        && machines(record.InstanceId)?.Processes is not null;
}
