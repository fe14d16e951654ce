using System.Collections.Concurrent;
using Runctl.Sandbox.Ec2;
using Runctl.Sandbox.Instances;

namespace Runctl.Sandbox.Ssm;

/// <summary>The managed instances: those that run, have a role, and whose agent has had time to register.</summary>
internal sealed class Agents(InstanceRegistry registry, Func<string, Machine?> machines, SandboxOptions options, TimeProvider clock) : IDisposable
{
    private readonly ConcurrentDictionary<Machine, Agent> _agents = new();

    /// <summary>Every managed instance with its agent.</summary>
    public IEnumerable<(InstanceRecord Record, Agent Agent)> Online =>
        registry.All.Select(record => (record, Find(record))).Where(pair => pair.Item2 is not null).Select(pair => (pair.record, pair.Item2!));

    /// <summary>The agent of an instance, or null while it is not managed.</summary>
    public Agent? Find(string instanceId) => registry.Find(instanceId) is { } record ? Find(record) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var agent in _agents.Values)
        {
            agent.Dispose();
        }
    }

    private Agent? Find(InstanceRecord record)
    {
        var registered = record is { State: InstanceState.Running, ProfileName: not null, RunningSince: { } since }
            && clock.GetUtcNow() - since >= options.BootTime / 2;
        return registered && machines(record.InstanceId) is { Processes: not null } machine
            ? _agents.GetOrAdd(machine, found => new Agent(found, clock))
            : null;
    }
}
