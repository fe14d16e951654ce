namespace Runctl.Sandbox.Ec2.Catalog;

/// <summary>The instance types there are.</summary>
internal static class InstanceTypeTable
{
    public static IReadOnlyList<InstanceTypeInfo> All { get; } =
    [
        new("c5.large", "x86_64", 2, 4096, null, 0.085m, 0.42m),
        new("c6g.large", "arm64", 2, 4096, null, 0.068m, 0.44m),
        new("g4dn.xlarge", "x86_64", 4, 16384, new("T4", 1, 16384), 0.526m, 0.40m),
        new("g5.2xlarge", "x86_64", 8, 32768, new("A10G", 1, 24576), 1.212m, 0.45m),
        new("g5.xlarge", "x86_64", 4, 16384, new("A10G", 1, 24576), 1.006m, 0.43m),
        new("g5g.xlarge", "arm64", 4, 8192, new("T4g", 1, 16384), 0.42m, 0.38m),
        new("g6.xlarge", "x86_64", 4, 16384, new("L4", 1, 22888), 0.8048m, 0.47m),
        new("m5.large", "x86_64", 2, 8192, null, 0.096m, 0.41m),
        new("m7g.large", "arm64", 2, 8192, null, 0.0816m, 0.43m),
        new("p3.2xlarge", "x86_64", 8, 62464, new("V100", 1, 16384), 3.06m, 0.32m, "bc"),
        new("p4d.24xlarge", "x86_64", 96, 1179648, new("A100", 8, 40960), 21.957552m, 0.55m, "ab"),
        new("t3.medium", "x86_64", 2, 4096, null, 0.0416m, 0.40m),
        new("t3.micro", "x86_64", 2, 1024, null, 0.0104m, 0.36m),
    ];

    /// <summary>The type of this name, or null.</summary>
    public static InstanceTypeInfo? Find(string name) => All.FirstOrDefault(type => type.Name == name);

    /// <summary>The types of these names.</summary>
    /// <exception cref="Ec2Exception">InvalidInstanceType</exception>
    public static IReadOnlyList<InstanceTypeInfo> Get(IReadOnlyList<string> names)
    {
        var unknown = names.Where(name => Find(name) is null).ToList();
        return unknown.Count == 0
            ? [.. names.Distinct(StringComparer.Ordinal).Select(name => Find(name)!)]
            : throw new Ec2Exception("InvalidInstanceType",
                $"The following supplied instance types do not exist: [{string.Join(", ", unknown)}]");
    }
}
