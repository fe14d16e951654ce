namespace Runctl.Sandbox;

/// <summary>What an instance has to live with: its link, its metadata service, its clock, its SSM agent and its notices.</summary>
public sealed record SandboxConditions
{
    /// <summary>
    /// Bytes a second of its link to S3, each way, over all connections together; null is no limit. It is the bodies of requests and
    /// answers made with the keys of its role that are paced.
    /// </summary>
    public long? LinkBytesPerSecond { get; init; }

    /// <summary>What the link adds to each of its requests to S3.</summary>
    public TimeSpan LinkLatency { get; init; }

    /// <summary>How its metadata service answers.</summary>
    public SandboxImdsMode Imds { get; init; }

    /// <summary>How long a metadata service that is <see cref="SandboxImdsMode.Slow"/> takes.</summary>
    public TimeSpan ImdsDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How far its clock is ahead of AWS's; negative is behind. A process cannot have a clock of its own, so it is AWS's time as this
    /// instance sees it that is shifted the other way: the Date header, the notices and the times in its metadata, and the Date header and
    /// the check of signatures for requests with the keys of its role.
    /// </summary>
    public TimeSpan ClockOffset { get; init; }

    /// <summary>
    /// Whether SSM reaches its agent. What was sent to an agent out of reach waits until it is back or the delivery time is over; what runs
    /// already goes on, and reports when it is back. An agent that was never reached is not known to SSM.
    /// </summary>
    public bool SsmOnline { get; init; } = true;

    /// <summary>Whether it learns of its interruption.</summary>
    public SandboxNoticeMode Notice { get; init; }

    /// <summary>How long after its proper moment a notice that is <see cref="SandboxNoticeMode.Late"/> comes.</summary>
    public TimeSpan NoticeDelay { get; init; }

    /// <summary>How long before the notice a rebalance is recommended; null is not at all. An interruption begins with that recommendation.</summary>
    public TimeSpan? RebalanceLead { get; init; }

    /// <summary>Refuses what cannot be.</summary>
    /// <exception cref="ArgumentException">A value that cannot be; the message names the property and what is allowed.</exception>
    public void Validate()
    {
        if (LinkBytesPerSecond is <= 0)
        {
            throw new ArgumentException($"LinkBytesPerSecond is {LinkBytesPerSecond}; it must be at least 1, or null for no limit.");
        }

        foreach (var (name, value) in ((string, TimeSpan?)[])
            [(nameof(LinkLatency), LinkLatency), (nameof(ImdsDelay), ImdsDelay), (nameof(NoticeDelay), NoticeDelay), (nameof(RebalanceLead), RebalanceLead)])
        {
            if (value < TimeSpan.Zero)
            {
                throw new ArgumentException($"{name} is {value}; it must not be negative.");
            }
        }

        if (!Enum.IsDefined(Imds) || !Enum.IsDefined(Notice))
        {
            throw new ArgumentException($"Imds is {Imds}, Notice is {Notice}; they must be among "
                + $"{string.Join(", ", Enum.GetNames<SandboxImdsMode>())} and {string.Join(", ", Enum.GetNames<SandboxNoticeMode>())}.");
        }
    }
}
