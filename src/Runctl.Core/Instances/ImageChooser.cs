using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Instances;

/// <summary>Which image to start where none is given: Ubuntu, or the deep-learning image for GPU types, by SSM's public parameters.</summary>
internal sealed class ImageChooser(ICloud cloud)
{
    // The newest first; older ones keep Runctl working in regions that lag behind.
    private static readonly string[] PyTorchVersions = ["2.9", "2.8", "2.7", "2.6"];

    /// <summary>The image for types of one architecture.</summary>
    public async Task<ImageRecord> ChooseAsync(string? imageId, IReadOnlyList<InstanceTypeRecord> types, CancellationToken cancellationToken)
    {
        var architecture = ArchitectureOf(types);
        var id = imageId ?? await SearchAsync(architecture, types.All(t => t.HasGpu), cancellationToken).ConfigureAwait(false);
        var image = await cloud.Instances.FindImageAsync(id, cancellationToken).ConfigureAwait(false) ?? throw RunctlErrors.ImageNotFound(id, cloud.Region);
        return image.Architecture is null || image.Architecture == architecture
            ? image
            : throw RunctlErrors.ImageArchitecture(id, image.Architecture, string.Join(", ", types.Select(t => t.Name)));
    }

    /// <summary>The public parameters that name an image, best first.</summary>
    public static IEnumerable<string> Parameters(string architecture, bool gpu)
    {
        if (gpu)
        {
            foreach (var version in PyTorchVersions)
            {
                yield return $"/aws/service/deeplearning/ami/{architecture}/oss-nvidia-driver-gpu-pytorch-{version}-{(version is "2.9" or "2.8" ? "ubuntu-24.04" : "ubuntu-22.04")}/latest/ami-id";
            }

            yield return $"/aws/service/deeplearning/ami/{architecture}/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id";
            yield return $"/aws/service/deeplearning/ami/{architecture}/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id";
        }

        var name = architecture == "x86_64" ? "amd64" : architecture;
        yield return $"/aws/service/canonical/ubuntu/server/24.04/stable/current/{name}/hvm/ebs-gp3/ami-id";
        yield return $"/aws/service/canonical/ubuntu/server/22.04/stable/current/{name}/hvm/ebs-gp2/ami-id";
    }

    private async Task<string> SearchAsync(string architecture, bool gpu, CancellationToken cancellationToken)
    {
        foreach (var name in Parameters(architecture, gpu))
        {
            if (await cloud.Commands.FindParameterAsync(name, cancellationToken).ConfigureAwait(false) is { } id)
            {
                return id;
            }
        }

        throw RunctlErrors.ImageNotFound($"of Ubuntu for {architecture}", cloud.Region);
    }

    private static string ArchitectureOf(IReadOnlyList<InstanceTypeRecord> types)
    {
        var common = types.Select(t => t.Architectures.AsEnumerable()).Aggregate((a, b) => a.Intersect(b)).Where(a => a is "x86_64" or "arm64").ToList();
        return common.Count > 0
            ? common[0]
            : throw RunctlErrors.ArchitecturesDiffer(string.Join(", ", types.Select(t => $"{t.Name}: {string.Join('/', t.Architectures)}")));
    }
}
