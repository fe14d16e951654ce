namespace Runctl.Instances;

/// <summary>The quota of vCPUs that instances count against, as "Amazon EC2 instance type quotas" of the AWS documentation lists them.</summary>
/// <param name="Name">Its name in Service Quotas.</param>
/// <param name="Code">Its code in Service Quotas.</param>
internal sealed record InstanceQuota(string Name, string Code)
{
    /// <summary>Families by the letters and generations that their types begin with. The first that fits counts.</summary>
    private static readonly (string Pattern, InstanceQuota? Spot, InstanceQuota? OnDemand)[] Families =
    [
        ("dl", new("All DL Spot Instance Requests", "L-85EED4F7"), new("Running On-Demand DL instances", "L-6E869C2A")),
        ("f", new("All F Spot Instance Requests", "L-88CF9481"), new("Running On-Demand F instances", "L-74FC7D96")),
        ("g gr vt", new("All G and VT Spot Instance Requests", "L-3819A6DF"), new("Running On-Demand G and VT instances", "L-DB2E81BA")),
        ("hpc", null, new("Running On-Demand HPC instances", "L-F7808C92")),
        ("inf", new("All Inf Spot Instance Requests", "L-B5D1601B"), new("Running On-Demand Inf instances", "L-1945791B")),
        ("p2 p3 p4", new("All P4, P3 and P2 Spot Instance Requests", "L-7212CCBC"), RunningP),
        ("p5", new("All P5 Spot Instance Requests", "L-C4BD4855"), RunningP),
        // The documentation names no spot quota of later generations.
        ("p", null, RunningP),
        ("trn", new("All Trn Spot Instance Requests", "L-6B0D517C"), new("Running On-Demand Trn instances", "L-2C3B7624")),
        ("u", null, new("Running On-Demand High Memory instances", "L-43DA4232")),
        ("x", new("All X Spot Instance Requests", "L-E3A00192"), new("Running On-Demand X instances", "L-7295265B")),
        ("a c d h i im is m r t z", new("All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", "L-34B43A08"), new("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", "L-1216C47A")),
    ];

    private static InstanceQuota RunningP => new("Running On-Demand P instances", "L-417A185B");

    /// <summary>The quota of a type; null if none is known.</summary>
    /// <param name="instanceType">Type, for example g5.xlarge.</param>
    /// <param name="isSpot">Whether it is bought as spot.</param>
    public static InstanceQuota? Of(string instanceType, bool isSpot)
    {
        var family = string.Concat(instanceType.TakeWhile(char.IsAsciiLetterLower));
        var generation = family + string.Concat(instanceType.Skip(family.Length).TakeWhile(char.IsAsciiDigit));
        foreach (var (pattern, spot, onDemand) in Families)
        {
            if (pattern.Split(' ') is var names && (names.Contains(family) || names.Contains(generation)))
            {
                return isSpot ? spot : onDemand;
            }
        }

        return null;
    }

    /// <summary>The quotas of several types, each once.</summary>
    public static IReadOnlyList<InstanceQuota> Of(IEnumerable<string> instanceTypes, bool isSpot) => [.. instanceTypes.Select(type => Of(type, isSpot)).OfType<InstanceQuota>().Distinct()];

    /// <summary>The command that shows the quota.</summary>
    public string Command(string region) => $"aws service-quotas get-service-quota --service-code ec2 --quota-code {Code} --region {region}";

    /// <summary>Name and code.</summary>
    public override string ToString() => $"{Name} ({Code})";
}
