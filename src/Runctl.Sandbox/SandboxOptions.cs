using System.Collections.Concurrent;

namespace Runctl.Sandbox;

/// <summary>How a sandbox is set up; every property has a value that works.</summary>
public sealed class SandboxOptions
{
    /// <summary>The region all clients must sign for.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary>A bucket that exists from the start.</summary>
    public string Bucket { get; init; } = "runctl-sandbox";

    /// <summary>How long an instance is pending before it runs.</summary>
    public TimeSpan BootTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>An IAM instance profile that exists; its role has the same name.</summary>
    public string InstanceProfile { get; init; } = "RunctlSandbox";

    /// <summary>Other buckets that exist from the start.</summary>
    public IReadOnlyList<string> OtherBuckets { get; init; } = [];

    /// <summary>Other IAM instance profiles that exist.</summary>
    public IReadOnlyList<string> OtherInstanceProfiles { get; init; } = [];

    /// <summary>
    /// Pools that are out of something: <c>g5.xlarge</c> or <c>g5.xlarge/us-east-1a</c> to an EC2 error code such as
    /// InsufficientInstanceCapacity. <c>spot:</c> or <c>on-demand:</c> before the pool limits that to one way to buy, a number before
    /// the code (<c>2:InsufficientInstanceCapacity</c>) is how many instances the pool has. It may be changed while the sandbox runs.
    /// </summary>
    public IDictionary<string, string> PoolErrors { get; } = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Whether instances may be PID namespaces. Otherwise, and where the system does not allow them, processes are known by
    /// their environment.
    /// </summary>
    public bool UseNamespaces { get; init; } = true;

    /// <summary>
    /// Answers SSM's commands in place of the instances, which then have no processes: a fleet costs next to nothing. It is given the instance's id and
    /// the script and returns what is printed; the exit code is 0. Null is what instances do by themselves.
    /// </summary>
    public Func<string, string, string>? Responder { get; init; }

    /// <summary>The account's limit of spot vCPUs; instances that shut down still count. Null is no limit. It may be changed while the sandbox runs.</summary>
    public int? SpotVcpuQuota { get; set; }

    /// <summary>
    /// The policies for the names of the buckets there are; asked again if there is another bucket. Null allows everything. It may be
    /// changed while the sandbox runs, by <see cref="RunctlSandbox.Policies"/>.
    /// </summary>
    public Func<IReadOnlyList<string>, SandboxPolicies>? Policies { get; init; }

    /// <summary>What new instances begin with.</summary>
    public SandboxConditions Conditions { get; init; } = new();

    /// <summary>The faults there are from the start.</summary>
    public IList<RunctlSandboxFault> Faults { get; } = new List<RunctlSandboxFault>();

    /// <summary>What the chances of <see cref="RunctlSandboxFault.Probability"/> are drawn from: the same requests meet the same faults again.</summary>
    public int FaultSeed { get; init; }
}
