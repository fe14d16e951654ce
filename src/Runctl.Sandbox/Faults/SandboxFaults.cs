using System.Collections.Immutable;
using Runctl.Sandbox.Faults;

namespace Runctl.Sandbox;

/// <summary>
/// The faults of a sandbox, in the order they were added; they may be changed while it runs. Delays add up, of the others the first
/// that strikes a request counts.
/// </summary>
public sealed class SandboxFaults
{
    private readonly object _gate = new();
    private readonly int _seed;
    private ImmutableArray<SandboxFaultRule> _rules = [];
    private int _added;

    internal SandboxFaults(SandboxOptions options)
    {
        _seed = options.FaultSeed;
        foreach (var fault in options.Faults)
        {
            Add(fault);
        }
    }

    /// <summary>Those that are set now.</summary>
    public IReadOnlyList<SandboxFaultRule> All => Snapshot();

    /// <summary>Sets a fault.</summary>
    /// <exception cref="ArgumentException">It has a value that cannot be; the message names it and what is allowed.</exception>
    public SandboxFaultRule Add(RunctlSandboxFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (_gate)
        {
            var rule = new SandboxFaultRule(fault, unchecked(_seed + _added), Remove);
            _added++;
            _rules = _rules.Add(rule);
            return rule;
        }
    }

    /// <summary>Ends all of them.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _rules = [];
        }
    }

    /// <summary>What strikes this request: how long it waits, and the fault after that, or null.</summary>
    internal (TimeSpan Delay, RunctlSandboxFault? Fault) Strike(ServiceCall call)
    {
        var delay = TimeSpan.Zero;
        foreach (var rule in Snapshot())
        {
            if (!rule.Strikes(call))
            {
                continue;
            }

            delay += rule.Fault.Delay;
            if (rule.Fault.Kind != SandboxFaultKind.Delay)
            {
                return (delay, rule.Fault);
            }
        }

        return (delay, null);
    }

    private void Remove(SandboxFaultRule rule)
    {
        lock (_gate)
        {
            _rules = _rules.Remove(rule);
        }
    }

    private ImmutableArray<SandboxFaultRule> Snapshot()
    {
        lock (_gate)
        {
            return _rules;
        }
    }
}
