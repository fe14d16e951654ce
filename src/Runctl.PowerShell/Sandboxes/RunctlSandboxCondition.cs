namespace Runctl.PowerShell.Sandboxes;

/// <summary>What an instance of a sandbox lives with; the names are those of Set-RunctlSandbox's parameters.</summary>
public sealed record RunctlSandboxCondition
{
    /// <summary>The instance.</summary>
    public required string InstanceId { get; init; }

    /// <summary>Bytes a second to and from S3; 0 is no limit.</summary>
    public required long LinkSpeed { get; init; }

    /// <summary>What the link adds to each request to S3.</summary>
    public required TimeSpan LinkLatency { get; init; }

    /// <summary>How the metadata service answers.</summary>
    public required RunctlImdsMode ImdsMode { get; init; }

    /// <summary>How long a slow metadata service takes.</summary>
    public required TimeSpan ImdsDelay { get; init; }

    /// <summary>How far the instance's clock is ahead of AWS's.</summary>
    public required TimeSpan ClockOffset { get; init; }

    /// <summary>Whether SSM does not reach the agent.</summary>
    public required bool SsmOffline { get; init; }

    /// <summary>How the instance learns of interruptions.</summary>
    public required RunctlNoticeMode Notice { get; init; }

    /// <summary>How late a late notice comes.</summary>
    public required TimeSpan NoticeDelay { get; init; }

    /// <summary>How long before the notice a rebalance is recommended; null is not at all.</summary>
    public required TimeSpan? RebalanceLead { get; init; }
}
