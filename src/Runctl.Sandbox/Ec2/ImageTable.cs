namespace Runctl.Sandbox.Ec2;

/// <summary>The images there are, and the public SSM parameters that name them.</summary>
internal static class ImageTable
{
    /// <summary>All images.</summary>
    public static IReadOnlyList<MachineImage> All { get; } =
    [
        Ubuntu("ami-0a1b2c3d4e5f20401", "24.04", "noble", "x86_64"),
        Ubuntu("ami-0a1b2c3d4e5f20402", "24.04", "noble", "arm64"),
        Ubuntu("ami-0a1b2c3d4e5f20201", "22.04", "jammy", "x86_64"),
        Ubuntu("ami-0a1b2c3d4e5f20202", "22.04", "jammy", "arm64"),
        DeepLearning("ami-0a1b2c3d4e5f30281", "PyTorch 2.8 (Ubuntu 24.04)", "oss-nvidia-driver-gpu-pytorch-2.8-ubuntu-24.04", "x86_64"),
        DeepLearning("ami-0a1b2c3d4e5f30271", "PyTorch 2.7 (Ubuntu 22.04)", "oss-nvidia-driver-gpu-pytorch-2.7-ubuntu-22.04", "x86_64"),
        DeepLearning("ami-0a1b2c3d4e5f30272", "PyTorch 2.7 (Ubuntu 22.04)", "oss-nvidia-driver-gpu-pytorch-2.7-ubuntu-22.04", "arm64"),
        DeepLearning("ami-0a1b2c3d4e5f30241", "Base (Ubuntu 24.04)", "base-oss-nvidia-driver-gpu-ubuntu-24.04", "x86_64"),
        DeepLearning("ami-0a1b2c3d4e5f30221", "Base (Ubuntu 22.04)", "base-oss-nvidia-driver-gpu-ubuntu-22.04", "x86_64"),
        DeepLearning("ami-0a1b2c3d4e5f30222", "Base (Ubuntu 22.04)", "base-oss-nvidia-driver-gpu-ubuntu-22.04", "arm64"),
        new("ami-0a1b2c3d4e5f40001", "minimal-without-python", "x86_64", "000000000000", 8, null) { HasPython = false },
    ];

    /// <summary>The image of this id, or null.</summary>
    public static MachineImage? Find(string imageId) => All.FirstOrDefault(image => image.ImageId == imageId);

    /// <summary>The image id that a public SSM parameter holds, or null where there is no such parameter.</summary>
    public static string? FindByParameter(string parameterName) =>
        All.FirstOrDefault(image => image.ParameterName == parameterName)?.ImageId;

    private static MachineImage Ubuntu(string id, string version, string codeName, string architecture)
    {
        var name = architecture == "x86_64" ? "amd64" : architecture;
        var storage = version == "24.04" ? "gp3" : "gp2";
        return new MachineImage(id, $"ubuntu/images/hvm-ssd-{storage}/ubuntu-{codeName}-{version}-{name}-server-20260115",
            architecture, "099720109477", 8, $"/aws/service/canonical/ubuntu/server/{version}/stable/current/{name}/hvm/ebs-{storage}/ami-id");
    }

    private static MachineImage DeepLearning(string id, string title, string parameter, string architecture) =>
        new(id, $"Deep Learning OSS Nvidia Driver AMI GPU {title} 20260115", architecture, "898082745236", 65,
            $"/aws/service/deeplearning/ami/{architecture}/{parameter}/latest/ami-id");
}
