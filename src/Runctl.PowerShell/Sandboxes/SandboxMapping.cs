using Runctl.Configuration;
using Runctl.Policies;
using Runctl.Sandbox;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>Between what users type and what the sandbox takes. The sandbox's assembly is loaded when this is first used.</summary>
internal static class SandboxMapping
{
    /// <summary>Refuses a fault that cannot be.</summary>
    /// <exception cref="ArgumentException">The message names the key and what is allowed.</exception>
    public static void Validate(RunctlSandboxFault fault) => FaultCheck.Require(fault);

    /// <summary>The printed policies for every bucket of the sandbox, with the prefixes and secrets of the settings.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="profiles">The instance profiles of the sandbox, whose roles a person may give to instances.</param>
    public static Func<IReadOnlyList<string>, SandboxPolicies> Policies(RunctlConfiguration settings, IReadOnlyList<string> profiles)
    {
        var options = new SandboxOptions();
        var scopes = profiles.Select(profile => PolicyScope.Of(settings with { S3Bucket = options.Bucket, Region = options.Region, IamInstanceProfile = profile })!).ToList();
        List<string> Of(RunctlPolicyFor side, IReadOnlyList<string> buckets) => [.. scopes.SelectMany(scope => scope.Documents(side, buckets)).Distinct(StringComparer.Ordinal)];
        return buckets => new SandboxPolicies(Of(RunctlPolicyFor.Person, buckets), Of(RunctlPolicyFor.Instance, buckets));
    }

    /// <summary>Policies as they were given, whatever buckets there are.</summary>
    public static Func<IReadOnlyList<string>, SandboxPolicies> Policies(IReadOnlyList<RunctlPolicy> given)
    {
        var policies = new SandboxPolicies(Of(given, RunctlPolicyFor.Person), Of(given, RunctlPolicyFor.Instance));
        return _ => policies;
    }

    private static List<string> Of(IEnumerable<RunctlPolicy> given, RunctlPolicyFor side) => [.. given.Where(policy => policy.For == side).Select(policy => policy.Json)];

    /// <summary>An instance's conditions as users see them.</summary>
    public static RunctlSandboxCondition Of(string instanceId, SandboxConditions conditions) => new()
    {
        InstanceId = instanceId,
        LinkSpeed = conditions.LinkBytesPerSecond ?? 0,
        LinkLatency = conditions.LinkLatency,
        ImdsMode = conditions.Imds,
        ImdsDelay = conditions.ImdsDelay,
        ClockOffset = conditions.ClockOffset,
        SsmOffline = !conditions.SsmOnline,
        Notice = conditions.Notice,
        NoticeDelay = conditions.NoticeDelay,
        RebalanceLead = conditions.RebalanceLead,
    };

    /// <summary>Conditions with what was given changed, and the rest as it was.</summary>
    public static SandboxConditions Change(SandboxConditions before, SandboxSettingsCmdlet given)
    {
        T Either<T>(string parameter, T value, T old) => given.IsGiven(parameter) ? value : old;
        return before with
        {
            LinkBytesPerSecond = Either(nameof(given.LinkSpeed), given.LinkSpeed == 0 ? null : given.LinkSpeed, before.LinkBytesPerSecond),
            LinkLatency = Either(nameof(given.LinkLatency), given.LinkLatency, before.LinkLatency),
            Imds = Either(nameof(given.ImdsMode), given.ImdsMode, before.Imds),
            ImdsDelay = Either(nameof(given.ImdsDelay), given.ImdsDelay, before.ImdsDelay),
            ClockOffset = Either(nameof(given.ClockOffset), given.ClockOffset, before.ClockOffset),
            SsmOnline = Either(nameof(given.SsmOffline), !given.SsmOffline, before.SsmOnline),
            Notice = Either(nameof(given.Notice), given.Notice, before.Notice),
            NoticeDelay = Either(nameof(given.NoticeDelay), given.NoticeDelay, before.NoticeDelay),
            RebalanceLead = Either(nameof(given.RebalanceLead), given.RebalanceLead, before.RebalanceLead),
        };
    }
}
