namespace Runctl.Processes;

/// <summary>A GPU as nvidia-smi describes it. A value that nvidia-smi does not know is null.</summary>
/// <param name="index">Its number.</param>
/// <param name="name">Its name.</param>
/// <param name="utilization">Share of the last second in which it worked, in per cent.</param>
/// <param name="memoryUsed">Memory in use, in bytes.</param>
/// <param name="memoryTotal">Memory, in bytes.</param>
/// <param name="temperature">Its temperature, in degrees Celsius.</param>
public sealed class RunctlGpu(int index, string name, double? utilization, long? memoryUsed, long? memoryTotal, double? temperature)
{
    /// <summary>Its number.</summary>
    public int Index { get; } = index;

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>Share of the last second in which it worked, in per cent.</summary>
    public double? Utilization { get; } = utilization;

    /// <summary>Memory in use, in bytes.</summary>
    public long? MemoryUsed { get; } = memoryUsed;

    /// <summary>Memory, in bytes.</summary>
    public long? MemoryTotal { get; } = memoryTotal;

    /// <summary>Its temperature, in degrees Celsius.</summary>
    public double? Temperature { get; } = temperature;

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
