namespace Runctl.Sandbox.Ec2;

/// <summary>An AMI.</summary>
/// <param name="ImageId">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Architecture">x86_64 or arm64.</param>
/// <param name="OwnerId">Canonical's or Amazon's account.</param>
/// <param name="VolumeSize">Size of its root volume in GiB; a launch may not ask for less.</param>
/// <param name="ParameterName">The public SSM parameter that holds its id, or null.</param>
internal sealed record MachineImage(
    string ImageId, string Name, string Architecture, string OwnerId, int VolumeSize, string? ParameterName)
{
    /// <summary>Whether its instances find a python3.</summary>
    public bool HasPython { get; init; } = true;

    public const string RootDeviceName = "/dev/sda1";
}
