using System.Globalization;
using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Catalog;

/// <summary>DescribeInstanceTypes.</summary>
internal sealed class DescribeInstanceTypes : IEc2Action
{
    private static readonly string[] UsageClasses = ["on-demand", "spot"];

    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var names = parameters.List("InstanceType");
        var filters = Ec2Filters.Read(parameters, "instance-type", "processor-info.supported-architecture", "supported-usage-class",
            "vcpu-info.default-vcpus", "memory-info.size-in-mib", "current-generation", "bare-metal", "hypervisor");
        var types = (names.Count == 0 ? InstanceTypeTable.All : InstanceTypeTable.Get(names))
            .Where(type => UsageClasses.Any(usage => filters.Match(name => Value(type, usage, name)))).ToList();
        var page = Ec2Page<InstanceTypeInfo>.Cut(parameters, types, max: 100);
        yield return List("instanceTypeSet", page.Items, Content);
        yield return page.Token;
    }

    private static string? Value(InstanceTypeInfo type, string usage, string name) => name switch
    {
        "instance-type" => type.Name,
        "processor-info.supported-architecture" => type.Architecture,
        "supported-usage-class" => usage,
        "vcpu-info.default-vcpus" => type.VCpus.ToString(CultureInfo.InvariantCulture),
        "memory-info.size-in-mib" => type.MemoryMiB.ToString(CultureInfo.InvariantCulture),
        "current-generation" => IsCurrent(type) ? "true" : "false",
        "bare-metal" => "false",
        _ => "nitro",
    };

    private static IEnumerable<XElement?> Content(InstanceTypeInfo type) =>
    [
        Text("instanceType", type.Name),
        Flag("currentGeneration", IsCurrent(type)),
        Flag("freeTierEligible", type.Name == "t3.micro"),
        Texts("supportedUsageClasses", UsageClasses),
        Texts("supportedRootDeviceTypes", ["ebs"]),
        Texts("supportedVirtualizationTypes", ["hvm"]),
        Flag("bareMetal", false),
        Text("hypervisor", "nitro"),
        Node("processorInfo",
            Texts("supportedArchitectures", [type.Architecture]),
            Text("manufacturer", type.Manufacturer)),
        Node("vCpuInfo",
            Number("defaultVCpus", type.VCpus),
            Number("defaultCores", type.VCpus / type.ThreadsPerCore),
            Number("defaultThreadsPerCore", type.ThreadsPerCore)),
        Node("memoryInfo", Number("sizeInMiB", type.MemoryMiB)),
        Flag("instanceStorageSupported", type.Gpu is not null && type.Architecture == "x86_64"),
        Node("ebsInfo",
            Text("ebsOptimizedSupport", "default"),
            Text("encryptionSupport", "supported"),
            Text("nvmeSupport", "required")),
        type.Gpu is null ? null : Node("gpuInfo",
            List("gpus", [type.Gpu], gpu =>
            [
                Text("name", gpu.Name),
                Text("manufacturer", "NVIDIA"),
                Number("count", gpu.Count),
                Node("memoryInfo", Number("sizeInMiB", gpu.MemoryMiB)),
            ]),
            Number("totalGpuMemoryInMiB", type.Gpu.Count * type.Gpu.MemoryMiB)),
        Flag("hibernationSupported", type.Gpu is null),
        Flag("burstablePerformanceSupported", type.IsBurstable),
        Flag("dedicatedHostsSupported", !type.IsBurstable),
        Flag("autoRecoverySupported", type.Gpu is null),
        Texts("supportedBootModes", type.Architecture == "arm64" ? ["uefi"] : ["legacy-bios", "uefi"]),
    ];

    private static bool IsCurrent(InstanceTypeInfo type) => type.Name != "p3.2xlarge";
}
