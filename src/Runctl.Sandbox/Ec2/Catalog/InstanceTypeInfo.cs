namespace Runctl.Sandbox.Ec2.Catalog;

/// <summary>An instance type.</summary>
/// <param name="Name">E.g. <c>g5.xlarge</c>.</param>
/// <param name="Architecture">x86_64 or arm64.</param>
/// <param name="VCpus">Virtual CPUs.</param>
/// <param name="MemoryMiB">Memory.</param>
/// <param name="Gpu">Its GPUs, or null.</param>
/// <param name="OnDemandPrice">USD per hour in us-east-1.</param>
/// <param name="SpotShare">What spot costs of that on average.</param>
/// <param name="Zones">The letters of the zones that have it; not every zone has every type.</param>
internal sealed record InstanceTypeInfo(
    string Name, string Architecture, int VCpus, int MemoryMiB, GpuInfo? Gpu, decimal OnDemandPrice, decimal SpotShare, string Zones = "abc")
{
    public bool IsOfferedIn(string zone) => Zones.Contains(zone[^1], StringComparison.Ordinal);

    public bool IsBurstable => Name.StartsWith('t');

    public string Manufacturer => Architecture == "arm64" ? "AWS" : "Intel";

    /// <summary>Graviton has a core per vCPU.</summary>
    public int ThreadsPerCore => Architecture == "arm64" ? 1 : 2;
}
