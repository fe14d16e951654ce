using Runctl.Events;
using Runctl.Objects;

namespace Runctl.Processes;

/// <summary>What trainings take of their instance now, and what it was told of interruptions. What is not known is null.</summary>
public sealed class RunctlInstanceUsage
{
    internal RunctlInstanceUsage()
    {
    }

    /// <summary>The instance.</summary>
    public string InstanceId { get; internal set; } = "";

    /// <summary>running, or what EC2 says of an instance that does not answer any more; null where EC2 does not know it.</summary>
    public string? State { get; internal set; }

    /// <summary>When it was looked, UTC, by the instance's clock.</summary>
    public DateTime? Time { get; internal set; }

    /// <summary>Whether a guard watches over the instance.</summary>
    public bool? IsGuarded { get; internal set; }

    /// <summary>When EC2 takes the instance, UTC, where a notice stands.</summary>
    public string? InterruptionTime { get; internal set; }

    /// <summary>Cores.</summary>
    public int? Cpus { get; internal set; }

    /// <summary>Processes that ran or wanted to, averaged over the last minute.</summary>
    public double? Load { get; internal set; }

    /// <summary>How long the instance has been up.</summary>
    public TimeSpan? Uptime { get; internal set; }

    /// <summary>Memory, in bytes.</summary>
    public long? MemoryTotal { get; internal set; }

    /// <summary>Memory that is free or can be freed, in bytes.</summary>
    public long? MemoryAvailable { get; internal set; }

    /// <summary>The GPUs; null where there is no nvidia-smi, or it fails or does not answer.</summary>
    public IReadOnlyList<RunctlGpu>? Gpus { get; internal set => field = value is null ? null : Readable.List(value); }

    /// <summary>The file systems of the trainings.</summary>
    public IReadOnlyList<RunctlDisk> Disks { get; internal set => field = Readable.List(value); } = Readable.List<RunctlDisk>();

    /// <summary>The processes of the trainings.</summary>
    public IReadOnlyList<RunctlProcess> Processes { get; internal set => field = Readable.List(value); } = Readable.List<RunctlProcess>();

    /// <summary>How many processes more there are than one answer can hold.</summary>
    public int Omitted { get; internal set; }

    /// <summary>The newest events of interruptions, in order.</summary>
    public IReadOnlyList<RunctlEvent> Events { get; internal set => field = Readable.List(value); } = Readable.List<RunctlEvent>();

    /// <summary>Trainings that have not ended; null where the instance does not answer any more.</summary>
    public int? ActiveTrainings { get; internal set; }

    /// <summary>A copy that is changed.</summary>
    internal RunctlInstanceUsage With(Action<RunctlInstanceUsage> change)
    {
        var copy = (RunctlInstanceUsage)MemberwiseClone();
        change(copy);
        return copy;
    }

    /// <summary>The instance's id.</summary>
    public override string ToString() => InstanceId;
}
