using System.Globalization;
using Runctl.Objects;

namespace Runctl.Processes;

/// <summary>A process of a training. What is not known is null.</summary>
public sealed class RunctlProcess
{
    internal RunctlProcess()
    {
    }

    /// <summary>The instance it runs on.</summary>
    public string InstanceId { get; internal set; } = "";

    /// <summary>The run it belongs to.</summary>
    public string RunId { get; internal set; } = "";

    /// <summary>Its id on the instance.</summary>
    public int ProcessId { get; internal set; }

    /// <summary>Its parent's id.</summary>
    public int ParentId { get; internal set; }

    /// <summary>Number of the user it runs as.</summary>
    public int? UserId { get; internal set; }

    /// <summary>The kernel's letter for its state: R runs, S sleeps, D waits for a device ...</summary>
    public string? State { get; internal set; }

    /// <summary>Whether it is the process Runctl started, or was told to guard.</summary>
    public bool IsMain { get; internal set; }

    /// <summary>Share of one core over the last half second, in per cent; several cores give more than 100.</summary>
    public double? CpuPercent { get; internal set; }

    /// <summary>Processor time so far.</summary>
    public TimeSpan? CpuTime { get; internal set; }

    /// <summary>How long it has lived.</summary>
    public TimeSpan? Elapsed { get; internal set; }

    /// <summary>Resident memory, in bytes.</summary>
    public long? Memory { get; internal set; }

    /// <summary>Memory on the GPUs, in bytes, as nvidia-smi tells it.</summary>
    public long? GpuMemory { get; internal set; }

    /// <summary>Its threads.</summary>
    public int? Threads { get; internal set; }

    /// <summary>The first 300 characters of its command line. Control characters in it are shown as signs.</summary>
    public string Command { get; internal set => field = Printable.Of(value ?? ""); } = "";

    /// <summary>A copy that is changed.</summary>
    internal RunctlProcess With(Action<RunctlProcess> change)
    {
        var copy = (RunctlProcess)MemberwiseClone();
        change(copy);
        return copy;
    }

    /// <summary>The process id.</summary>
    public override string ToString() => ProcessId.ToString(CultureInfo.InvariantCulture);
}
