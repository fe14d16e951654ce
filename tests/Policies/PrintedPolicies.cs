using Runctl.Configuration;
using Runctl.Policies;
using Runctl.Sandbox;

namespace Runctl.Tests.Policies;

/// <summary>The policies that Get-RunctlPolicy prints, for sandboxes of tests: for each bucket that there is.</summary>
internal static class PrintedPolicies
{
    /// <summary>Those of a sandbox with these options.</summary>
    /// <param name="settings">The prefixes and references of the test; the defaults without.</param>
    /// <param name="change">What the test needs beside the settings.</param>
    public static Func<IReadOnlyList<string>, SandboxPolicies> Of(RunctlConfiguration? settings = null, Func<PolicyScope, PolicyScope>? change = null)
    {
        var options = new SandboxOptions();
        var scope = PolicyScope.Of((settings ?? new RunctlConfiguration()) with { S3Bucket = options.Bucket, Region = options.Region, IamInstanceProfile = options.InstanceProfile })!;
        scope = change is null ? scope : change(scope);
        return buckets => new SandboxPolicies(scope.Documents(RunctlPolicyFor.Person, buckets), scope.Documents(RunctlPolicyFor.Instance, buckets));
    }
}
