using Runctl.Sandbox;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>What an instance of a sandbox lives with; the names are those of Set-RunctlSandbox's parameters.</summary>
public sealed class RunctlSandboxCondition
{
    internal RunctlSandboxCondition()
    {
    }

    /// <summary>The instance.</summary>
    public string InstanceId { get; internal set; } = "";

    /// <summary>Bytes a second to and from S3; 0 is no limit.</summary>
    public long LinkSpeed { get; internal set; }

    /// <summary>What the link adds to each request to S3.</summary>
    public TimeSpan LinkLatency { get; internal set; }

    /// <summary>How the metadata service answers.</summary>
    public SandboxImdsMode ImdsMode { get; internal set; }

    /// <summary>How long a slow metadata service takes.</summary>
    public TimeSpan ImdsDelay { get; internal set; }

    /// <summary>How far the instance's clock is ahead of AWS's.</summary>
    public TimeSpan ClockOffset { get; internal set; }

    /// <summary>Whether SSM does not reach the agent.</summary>
    public bool SsmOffline { get; internal set; }

    /// <summary>How the instance learns of interruptions.</summary>
    public SandboxNoticeMode Notice { get; internal set; }

    /// <summary>How late a late notice comes.</summary>
    public TimeSpan NoticeDelay { get; internal set; }

    /// <summary>How long before the notice a rebalance is recommended; null is not at all.</summary>
    public TimeSpan? RebalanceLead { get; internal set; }

    /// <summary>A copy that is changed.</summary>
    internal RunctlSandboxCondition With(Action<RunctlSandboxCondition> change)
    {
        var copy = (RunctlSandboxCondition)MemberwiseClone();
        change(copy);
        return copy;
    }

    /// <summary>The instance's id.</summary>
    public override string ToString() => InstanceId;
}
