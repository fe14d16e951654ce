namespace Runctl.Sandbox.Ec2.Catalog;

/// <summary>The GPUs of an instance type; all of them are alike.</summary>
internal sealed record GpuInfo(string Name, int Count, int MemoryMiB);
