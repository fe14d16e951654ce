namespace Runctl.Processes;

/// <summary>A GPU as nvidia-smi tells it. What it does not know is null.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Utilization">Share of the last second in which it worked, in per cent.</param>
/// <param name="MemoryUsed">Memory in use, in bytes.</param>
/// <param name="MemoryTotal">Memory, in bytes.</param>
/// <param name="Temperature">Its temperature, in degrees Celsius.</param>
public sealed record RunctlGpu(int Index, string Name, double? Utilization, long? MemoryUsed, long? MemoryTotal, double? Temperature);
