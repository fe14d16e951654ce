using Runctl.Sandbox.Faults;

namespace Runctl.Sandbox;

/// <summary>A fault that is set in a running sandbox.</summary>
public sealed class SandboxFaultRule
{
    private readonly object _gate = new();
    private readonly Random _chance;
    private readonly Action<SandboxFaultRule> _remove;
    private long _seen;
    private long _hits;

    internal SandboxFaultRule(RunctlSandboxFault fault, int seed, Action<SandboxFaultRule> remove)
    {
        FaultCheck.Require(fault);
        Fault = fault;

        // A generator of its own, so that what strikes by this rule does not depend on which other rules there are.
        _chance = new Random(seed);
        _remove = remove;
    }

    /// <summary>What was asked for.</summary>
    public RunctlSandboxFault Fault { get; }

    /// <summary>How many requests it has struck.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>Ends it; twice is no error.</summary>
    public void Remove() => _remove(this);

    /// <summary>Whether it strikes this request, which is counted.</summary>
    internal bool Strikes(ServiceCall call)
    {
        if (!call.Matches(Fault))
        {
            return false;
        }

        lock (_gate)
        {
            if (_hits >= Fault.Count || _seen++ < Fault.Skip || _chance.NextDouble() >= Fault.Probability)
            {
                return false;
            }

            Interlocked.Increment(ref _hits);
            return true;
        }
    }
}
