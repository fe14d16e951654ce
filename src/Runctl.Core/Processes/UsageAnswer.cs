using Runctl.Events;
using Runctl.Runs;

namespace Runctl.Processes;

/// <summary>The guard's answer to <c>processes</c>.</summary>
internal sealed record UsageAnswer
{
    public int Active { get; init; }

    public IReadOnlyList<ProcessAnswer> Processes { get; init; } = [];

    public int Omitted { get; init; }

    public DateTimeOffset? Time { get; init; }

    public GuardHealth? Guard { get; init; }

    public GuardNotice? Notice { get; init; }

    public int? Cpus { get; init; }

    public double? Load { get; init; }

    public double? Uptime { get; init; }

    public MemoryAnswer? Memory { get; init; }

    public IReadOnlyList<RunctlGpu>? Gpus { get; init; }

    public IReadOnlyList<RunctlDisk>? Disks { get; init; }

    public IReadOnlyList<RunctlEvent>? Events { get; init; }

    internal sealed record MemoryAnswer(long Total, long Available);

    internal sealed record ProcessAnswer
    {
        public string RunId { get; init; } = "";

        public int Pid { get; init; }

        public int Parent { get; init; }

        public int? Uid { get; init; }

        public string? State { get; init; }

        public bool Main { get; init; }

        public double? CpuPercent { get; init; }

        public double? CpuSeconds { get; init; }

        public double? Elapsed { get; init; }

        public long? Memory { get; init; }

        public long? GpuMemory { get; init; }

        public int? Threads { get; init; }

        public string Command { get; init; } = "";
    }
}
