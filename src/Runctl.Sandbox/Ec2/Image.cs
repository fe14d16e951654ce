using System.Security.Cryptography;
using System.Text;

namespace Runctl.Sandbox.Ec2;

/// <summary>A machine image, found by a public parameter.</summary>
internal sealed record Image(string Id, string Name, string Architecture, string OwnerAlias, string Parameter)
{
    private static readonly string[] UbuntuVersions = ["20.04", "22.04", "24.04"];
    private static readonly string[] VolumeTypes = ["ebs-gp2", "ebs-gp3"];

    private static readonly string[] DeepLearningNames =
    [
        "base-oss-nvidia-driver-gpu-ubuntu-22.04", "base-oss-nvidia-driver-gpu-ubuntu-24.04",
        "oss-nvidia-driver-gpu-pytorch-2.4-ubuntu-22.04", "oss-nvidia-driver-gpu-pytorch-2.5-ubuntu-22.04",
        "oss-nvidia-driver-gpu-pytorch-2.6-ubuntu-22.04", "oss-nvidia-driver-gpu-pytorch-2.7-ubuntu-22.04",
        "oss-nvidia-driver-gpu-pytorch-2.8-ubuntu-24.04",
    ];

    /// <summary>All images.</summary>
    public static IReadOnlyList<Image> All { get; } = [.. Ubuntu(), .. DeepLearning()];

    /// <summary>An image by its id.</summary>
    /// <exception cref="Ec2Exception">The id is malformed or unknown.</exception>
    public static Image Find(string id) => All.FirstOrDefault(image => image.Id == id)
        ?? throw (Ids.IsWellFormed("ami", id)
            ? new Ec2Exception("InvalidAMIID.NotFound", $"The image id '[{id}]' does not exist")
            : new Ec2Exception("InvalidAMIID.Malformed", $"Invalid id: \"{id}\" (expecting \"ami-...\")"));

    private static IEnumerable<Image> Ubuntu() =>
        from version in UbuntuVersions
        from architecture in (string[])["amd64", "arm64"]
        from volume in VolumeTypes
        select Make(
            $"/aws/service/canonical/ubuntu/server/{version}/stable/current/{architecture}/hvm/{volume}/ami-id",
            $"ubuntu/images/hvm-ssd/ubuntu-{version}-{architecture}-server",
            architecture == "amd64" ? "x86_64" : architecture,
            "amazon");

    private static IEnumerable<Image> DeepLearning() =>
        from name in DeepLearningNames
        from architecture in (string[])["x86_64", "arm64"]
        select Make($"/aws/service/deeplearning/ami/{architecture}/{name}/latest/ami-id", $"Deep Learning {name}", architecture, "amazon");

    private static Image Make(string parameter, string name, string architecture, string owner)
    {
        // The same in every sandbox, as the ids of a region are the same for every account.
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(parameter))).ToLowerInvariant();
        return new Image("ami-" + hash[..17], name, architecture, owner, parameter);
    }
}
