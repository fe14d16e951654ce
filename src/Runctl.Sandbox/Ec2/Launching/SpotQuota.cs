using Runctl.Sandbox.Ec2.Catalog;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>The account's limit of spot vCPUs. What is shutting down counts until it is gone, as on EC2.</summary>
internal sealed class SpotQuota(SandboxOptions options, InstanceRegistry registry)
{
    public const string Code = "MaxSpotInstanceCountExceeded";
    public const string Message = "Max spot instance count exceeded";

    /// <summary>vCPUs that are free; a very large number where there is no limit.</summary>
    public int Left => options.SpotVcpuQuota is not { } quota ? int.MaxValue : quota - registry.All
        .Where(record => record.IsSpot && record.State is not (InstanceState.Terminated or InstanceState.Stopped))
        .Sum(record => InstanceTypeTable.Find(record.InstanceType)?.VCpus ?? 0);
}
