namespace Runctl.Ports;

/// <summary>What EC2 says of an instance type.</summary>
/// <param name="Name">For example <c>g5.xlarge</c>.</param>
/// <param name="Architectures">For example <c>x86_64</c>.</param>
/// <param name="HasGpu">Whether it has an NVIDIA GPU.</param>
/// <param name="SupportsSpot">Whether it can be had as a spot instance.</param>
public sealed record InstanceTypeRecord(string Name, IReadOnlyList<string> Architectures, bool HasGpu, bool SupportsSpot);
