using System.Collections.Concurrent;

namespace Runctl.Sandbox.Faults;

/// <summary>The conditions of every instance.</summary>
internal sealed class ConditionTable(SandboxOptions options, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, InstanceConditions> _instances = new(StringComparer.Ordinal);
    private volatile SandboxConditions _initial = Valid(options.Conditions);

    /// <summary>What new instances begin with.</summary>
    public SandboxConditions Initial
    {
        get => _initial;
        set => _initial = Valid(value);
    }

    /// <summary>Those of an instance, from its launch on.</summary>
    public InstanceConditions Of(string instanceId) =>
        _instances.GetOrAdd(instanceId, _ => new InstanceConditions(_initial, clock));

    /// <summary>Those of an instance; null for who is none.</summary>
    public InstanceConditions? OfCaller(string? instanceId) => instanceId is null ? null : Of(instanceId);

    private static SandboxConditions Valid(SandboxConditions conditions)
    {
        conditions.Validate();
        return conditions;
    }
}
