using System.Globalization;

namespace Runctl.PowerShell.Completion;

/// <summary>The instance types people train on, without asking EC2; each family in the order of its sizes. From AWS's pages on instance types.</summary>
internal static class TrainingTypes
{
    /// <summary>Family; accelerator and its memory in GiB, or what it is good for; then size:vCPU:GiB:accelerators.</summary>
    private static readonly string[] Families =
    [
        "g4dn|NVIDIA T4 16 GiB|xlarge:4:16:1 2xlarge:8:32:1 4xlarge:16:64:1 8xlarge:32:128:1 12xlarge:48:192:4 16xlarge:64:256:1 metal:96:384:8",
        "g5|NVIDIA A10G 24 GiB|xlarge:4:16:1 2xlarge:8:32:1 4xlarge:16:64:1 8xlarge:32:128:1 12xlarge:48:192:4 16xlarge:64:256:1 24xlarge:96:384:4 48xlarge:192:768:8",
        "g5g|NVIDIA T4G 16 GiB, arm64|xlarge:4:8:1 2xlarge:8:16:1 4xlarge:16:32:1 8xlarge:32:64:1 16xlarge:64:128:2",
        "g6|NVIDIA L4 24 GiB|xlarge:4:16:1 2xlarge:8:32:1 4xlarge:16:64:1 8xlarge:32:128:1 12xlarge:48:192:4 16xlarge:64:256:1 24xlarge:96:384:4 48xlarge:192:768:8",
        "g6e|NVIDIA L40S 48 GiB|xlarge:4:32:1 2xlarge:8:64:1 4xlarge:16:128:1 8xlarge:32:256:1 12xlarge:48:384:4 16xlarge:64:512:1 24xlarge:96:768:4 48xlarge:192:1536:8",
        "p3|NVIDIA V100 16 GiB|2xlarge:8:61:1 8xlarge:32:244:4 16xlarge:64:488:8",
        "p4d|NVIDIA A100 40 GiB|24xlarge:96:1152:8",
        "p4de|NVIDIA A100 80 GiB|24xlarge:96:1152:8",
        "p5|NVIDIA H100 80 GiB|4xlarge:16:256:1 48xlarge:192:2048:8",
        "p5e|NVIDIA H200 141 GiB|48xlarge:192:2048:8",
        "trn1|AWS Trainium 32 GiB|2xlarge:8:32:1 32xlarge:128:512:16",
        "inf2|AWS Inferentia2 32 GiB|xlarge:4:16:1 8xlarge:32:128:1 24xlarge:96:384:6 48xlarge:192:768:12",
        "c7i|x86_64|large:2:4:0 xlarge:4:8:0 2xlarge:8:16:0 4xlarge:16:32:0 8xlarge:32:64:0 12xlarge:48:96:0 16xlarge:64:128:0 24xlarge:96:192:0",
        "c7g|arm64|large:2:4:0 xlarge:4:8:0 2xlarge:8:16:0 4xlarge:16:32:0 8xlarge:32:64:0 12xlarge:48:96:0 16xlarge:64:128:0",
        "m7i|x86_64|large:2:8:0 xlarge:4:16:0 2xlarge:8:32:0 4xlarge:16:64:0 8xlarge:32:128:0 12xlarge:48:192:0 16xlarge:64:256:0",
        "m5|x86_64|large:2:8:0 xlarge:4:16:0 2xlarge:8:32:0 4xlarge:16:64:0 8xlarge:32:128:0 12xlarge:48:192:0",
        "r7i|x86_64|large:2:16:0 xlarge:4:32:0 2xlarge:8:64:0 4xlarge:16:128:0 8xlarge:32:256:0 12xlarge:48:384:0",
        "t3|x86_64, burstable|micro:2:1:0 small:2:2:0 medium:2:4:0 large:2:8:0 xlarge:4:16:0 2xlarge:8:32:0",
    ];

    /// <summary>The types.</summary>
    public static IReadOnlyList<TrainingType> All { get; } = [.. Families.Select(family => family.Split('|')).SelectMany(family => family[2].Split(' ').Select(size => Of(family[0], family[1], size.Split(':'))))];

    private static TrainingType Of(string family, string about, string[] size) => new($"{family}.{size[0]}", Number(size[1]), Number(size[2]), Number(size[3]), about);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
