using System.Collections.Concurrent;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.Policies;

/// <summary>Decides on every request by the policies of its principal, and notes which permissions were used. Thread-safe.</summary>
/// <param name="buckets">The names of the buckets there are.</param>
internal sealed class AccessControl(Func<IReadOnlyList<string>> buckets)
{
    private readonly ConcurrentDictionary<SandboxGrant, bool> _used = new();
    private volatile Func<IReadOnlyList<string>, SandboxPolicies>? _policies;
    private volatile Rules? _rules;

    /// <summary>Everything is allowed.</summary>
    public static AccessControl Open { get; } = new(() => []);

    /// <summary>The policies for the buckets there are; null allows everything. It may be changed at any time.</summary>
    public Func<IReadOnlyList<string>, SandboxPolicies>? Policies
    {
        get => _policies;
        set => (_policies, _rules) = (value, null);
    }

    /// <summary>The permissions that requests needed and had.</summary>
    public IReadOnlyCollection<SandboxGrant> Used => [.. _used.Keys];

    /// <summary>Refuses what the principal may not do.</summary>
    /// <exception cref="AccessDeniedException">No policy allows it, or one denies it.</exception>
    public void Demand(SandboxPrincipal principal, AccessRequest request)
    {
        if (!Decide(principal, request, out var isExplicit))
        {
            throw new AccessDeniedException(principal, request, isExplicit);
        }
    }

    /// <summary>Refuses what the principal may not do all of.</summary>
    /// <exception cref="AccessDeniedException">No policy allows a part of it, or one denies it.</exception>
    public void Demand(SandboxPrincipal principal, IEnumerable<AccessRequest> requests)
    {
        foreach (var request in requests)
        {
            Demand(principal, request);
        }
    }

    /// <summary>Whether the principal may do it.</summary>
    public bool Allows(SandboxPrincipal principal, AccessRequest request) => Decide(principal, request, out _);

    private bool Decide(SandboxPrincipal principal, AccessRequest request, out bool isExplicit)
    {
        isExplicit = false;
        if (principal.Kind == PrincipalKind.Administrator || Current() is not { } rules)
        {
            return true;
        }

        var isRole = principal.Kind == PrincipalKind.Role;
        var found = (isRole ? rules.Role : rules.Person).Select(statement => (Statement: statement, Action: statement.ActionFor(request))).Where(one => one.Action is not null).ToList();
        isExplicit = found.Exists(one => one.Statement.Denies);
        if (isExplicit || found.Count == 0)
        {
            return false;
        }

        foreach (var (statement, action) in found)
        {
            _used.TryAdd(new SandboxGrant(isRole, statement.Sid, action!), true);
        }

        return true;
    }

    private Rules? Current()
    {
        if (_policies is not { } policies)
        {
            return null;
        }

        var names = buckets();
        var known = _rules;
        if (known is not null && ReferenceEquals(known.Source, policies) && known.Buckets.SequenceEqual(names, StringComparer.Ordinal))
        {
            return known;
        }

        var given = policies(names);
        return _rules = new Rules(policies, names, PolicyDocument.Read(given.Person), PolicyDocument.Read(given.Role));
    }

    private sealed record Rules(
        Func<IReadOnlyList<string>, SandboxPolicies> Source, IReadOnlyList<string> Buckets, IReadOnlyList<PolicyStatement> Person, IReadOnlyList<PolicyStatement> Role);
}
