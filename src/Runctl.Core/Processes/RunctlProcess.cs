namespace Runctl.Processes;

/// <summary>A process of a training. What is not known is null.</summary>
public sealed record RunctlProcess
{
    /// <summary>The instance it runs on.</summary>
    public required string InstanceId { get; init; }

    /// <summary>The run it belongs to.</summary>
    public required string RunId { get; init; }

    /// <summary>Its id on the instance.</summary>
    public int ProcessId { get; init; }

    /// <summary>Its parent's id.</summary>
    public int ParentId { get; init; }

    /// <summary>Number of the user it runs as.</summary>
    public int? UserId { get; init; }

    /// <summary>The kernel's letter for its state: R runs, S sleeps, D waits for a device ...</summary>
    public string? State { get; init; }

    /// <summary>Whether it is the process Runctl started, or was told to guard.</summary>
    public bool IsMain { get; init; }

    /// <summary>Share of one core over the last half second, in per cent; several cores give more than 100.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Processor time so far.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>How long it has lived.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>Resident memory, in bytes.</summary>
    public long? Memory { get; init; }

    /// <summary>Memory on the GPUs, in bytes, as nvidia-smi tells it.</summary>
    public long? GpuMemory { get; init; }

    /// <summary>Its threads.</summary>
    public int? Threads { get; init; }

    /// <summary>The first 300 characters of its command line.</summary>
    public required string Command { get; init; }
}
