using Runctl.Events;

namespace Runctl.Processes;

/// <summary>What trainings take of their instance now, and what it was told of interruptions. What is not known is null.</summary>
public sealed record RunctlInstanceUsage
{
    /// <summary>The instance.</summary>
    public required string InstanceId { get; init; }

    /// <summary>running, or what EC2 says of an instance that does not answer any more; null where EC2 does not know it.</summary>
    public string? State { get; init; }

    /// <summary>When it was looked, UTC, by the instance's clock.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Whether a guard watches over the instance.</summary>
    public bool? IsGuarded { get; init; }

    /// <summary>When EC2 takes the instance, UTC, where a notice stands.</summary>
    public string? InterruptionTime { get; init; }

    /// <summary>Cores.</summary>
    public int? Cpus { get; init; }

    /// <summary>Processes that ran or wanted to, averaged over the last minute.</summary>
    public double? Load { get; init; }

    /// <summary>How long the instance has been up.</summary>
    public TimeSpan? Uptime { get; init; }

    /// <summary>Memory, in bytes.</summary>
    public long? MemoryTotal { get; init; }

    /// <summary>Memory that is free or can be freed, in bytes.</summary>
    public long? MemoryAvailable { get; init; }

    /// <summary>The GPUs; null where there is no nvidia-smi, or it fails or does not answer.</summary>
    public IReadOnlyList<RunctlGpu>? Gpus { get; init; }

    /// <summary>The file systems of the trainings.</summary>
    public IReadOnlyList<RunctlDisk> Disks { get; init; } = [];

    /// <summary>The processes of the trainings.</summary>
    public IReadOnlyList<RunctlProcess> Processes { get; init; } = [];

    /// <summary>How many processes more there are than one answer can hold.</summary>
    public int Omitted { get; init; }

    /// <summary>The newest events of interruptions, in order.</summary>
    public IReadOnlyList<RunctlEvent> Events { get; init; } = [];

    /// <summary>Trainings that have not ended; null where the instance does not answer any more.</summary>
    public int? ActiveTrainings { get; init; }
}
