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

    /// <summary>The one IAM instance profile that exists.</summary>
    public string InstanceProfile { get; init; } = "RunctlSandbox";

    /// <summary>
    /// Spot and on-demand pools that launch nothing: <c>g5.xlarge</c> or <c>g5.xlarge/us-east-1a</c> to an EC2 error code
    /// such as InsufficientInstanceCapacity. It may be changed while the sandbox runs.
    /// </summary>
    public IDictionary<string, string> PoolErrors { get; } = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Whether instances may be PID namespaces. Otherwise, and where the system does not allow them, processes are known by
    /// their environment.
    /// </summary>
    public bool UseNamespaces { get; init; } = true;

    /// <summary>The account's limit of spot vCPUs; instances that shut down still count. Null is no limit.</summary>
    public int? SpotVcpuQuota { get; init; }
}
