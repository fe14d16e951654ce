namespace Runctl.Sandbox.Ec2;

/// <summary>A kind of GPU in an instance type.</summary>
internal sealed record Gpu(string Name, string Manufacturer, int Count, int MemoryMib);

/// <summary>An instance type that the sandbox offers.</summary>
/// <param name="Name">E.g. g5.xlarge.</param>
/// <param name="Architecture">x86_64 or arm64.</param>
/// <param name="Vcpus">Virtual processors.</param>
/// <param name="MemoryMib">Memory in MiB.</param>
/// <param name="SpotPrice">A price in US dollars an hour; of the right order, not of any day.</param>
/// <param name="Gpu">The GPUs, or null.</param>
/// <param name="StorageGb">Size of the NVMe instance store in GB; 0 is none.</param>
internal sealed record InstanceType(
    string Name, string Architecture, int Vcpus, int MemoryMib, decimal SpotPrice, Gpu? Gpu = null, int StorageGb = 0)
{
    private static readonly Dictionary<string, InstanceType> Table = new InstanceType[]
    {
        new("c5.large", "x86_64", 2, 4096, 0.034m),
        new("c5.xlarge", "x86_64", 4, 8192, 0.068m),
        new("c6g.large", "arm64", 2, 4096, 0.027m),
        new("c6g.xlarge", "arm64", 4, 8192, 0.054m),
        new("c6i.xlarge", "x86_64", 4, 8192, 0.070m),
        new("g4dn.xlarge", "x86_64", 4, 16384, 0.158m, new("T4", "NVIDIA", 1, 16384), 125),
        new("g4dn.2xlarge", "x86_64", 8, 32768, 0.226m, new("T4", "NVIDIA", 1, 16384), 225),
        new("g4dn.12xlarge", "x86_64", 48, 196608, 1.174m, new("T4", "NVIDIA", 4, 16384), 900),
        new("g5.xlarge", "x86_64", 4, 16384, 0.302m, new("A10G", "NVIDIA", 1, 24576), 250),
        new("g5.2xlarge", "x86_64", 8, 32768, 0.364m, new("A10G", "NVIDIA", 1, 24576), 450),
        new("g5.4xlarge", "x86_64", 16, 65536, 0.487m, new("A10G", "NVIDIA", 1, 24576), 600),
        new("g5.12xlarge", "x86_64", 48, 196608, 1.702m, new("A10G", "NVIDIA", 4, 24576), 3800),
        new("g5g.xlarge", "arm64", 4, 8192, 0.126m, new("T4g", "NVIDIA", 1, 16384)),
        new("g6.xlarge", "x86_64", 4, 16384, 0.242m, new("L4", "NVIDIA", 1, 24576), 250),
        new("m5.large", "x86_64", 2, 8192, 0.038m),
        new("m5.xlarge", "x86_64", 4, 16384, 0.077m),
        new("m6i.large", "x86_64", 2, 8192, 0.039m),
        new("m7g.large", "arm64", 2, 8192, 0.033m),
        new("p3.2xlarge", "x86_64", 8, 62464, 0.918m, new("V100", "NVIDIA", 1, 16384)),
        new("p4d.24xlarge", "x86_64", 96, 1179648, 9.832m, new("A100", "NVIDIA", 8, 40960), 8000),
        new("p5.48xlarge", "x86_64", 192, 2097152, 29.496m, new("H100", "NVIDIA", 8, 81920), 30400),
        new("t3.micro", "x86_64", 2, 1024, 0.003m),
        new("t3.small", "x86_64", 2, 2048, 0.006m),
        new("t3.medium", "x86_64", 2, 4096, 0.013m),
        new("t3.large", "x86_64", 2, 8192, 0.025m),
        new("t3a.medium", "x86_64", 2, 4096, 0.011m),
        new("t3a.small", "x86_64", 2, 2048, 0.006m),
        new("t4g.medium", "arm64", 2, 4096, 0.010m),
        new("t4g.small", "arm64", 2, 2048, 0.005m),
    }.ToDictionary(type => type.Name, StringComparer.Ordinal);

    /// <summary>All types, by name.</summary>
    public static IReadOnlyDictionary<string, InstanceType> All => Table;

    /// <summary>A type by its name.</summary>
    /// <exception cref="Ec2Exception">There is no such type.</exception>
    public static InstanceType Get(string name) => Table.TryGetValue(name, out var type)
        ? type
        : throw new Ec2Exception("InvalidInstanceType", $"The following supplied instance types do not exist: [{name}]");
}
