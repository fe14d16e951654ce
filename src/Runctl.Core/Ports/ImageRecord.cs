namespace Runctl.Ports;

/// <summary>A machine image.</summary>
/// <param name="ImageId">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Architecture">For example <c>x86_64</c>.</param>
/// <param name="RootDeviceName">For example <c>/dev/sda1</c>.</param>
/// <param name="RootSizeGiB">Size of its root volume, or null where unknown.</param>
public sealed record ImageRecord(string ImageId, string? Name, string? Architecture, string? RootDeviceName, int? RootSizeGiB);
