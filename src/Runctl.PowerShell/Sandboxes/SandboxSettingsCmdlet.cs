using System.Collections;
using System.Management.Automation;
using Runctl.Policies;
using Runctl.PowerShell.Engine;
using Runctl.Sandbox;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>A cmdlet that says what goes wrong in a sandbox.</summary>
public abstract class SandboxSettingsCmdlet : AsyncCmdlet
{
    /// <summary>Faults: hash tables with Operation (s3:UploadPart, ec2:*, ssm:SendCommand, sts:*, imds:*) and Kind (Throttling, ClientError, ServerError, ConnectionReset, Delay, WrongAnswer, ErrorInOk). Optional: Code, Status, Message, Count, Skip, Probability, Delay, InstanceId, Key and CarriedOut.</summary>
    [Parameter]
    [ValidateNotNull]
    [Fault]
    public RunctlSandboxFault[] Fault { get; set; } = [];

    /// <summary>Policies of Get-RunctlPolicy that the sandbox enforces, of person and instances; what none of them allows is denied. Default: the least ones for every bucket of the sandbox, with the prefixes and secrets of .runctl.toml.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public RunctlPolicy[] Policy { get; set; } = [];

    /// <summary>A hash table of pools that fail to launch. Key: an instance type, optionally with a zone (g5.xlarge/us-east-1a) and a purchase option (spot: or on-demand:). Value: the EC2 error code. A number before the code (2:InsufficientInstanceCapacity) is how many instances the pool has. With Set-RunctlSandbox no code ($null) ends the error of a pool, and an empty table (@{}) ends all.</summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable PoolError { get; set; } = [];

    /// <summary>The account's limit of spot vCPUs; $null is none.</summary>
    [Parameter]
    [NotNegative]
    public int? SpotVcpuQuota { get; set; }

    /// <summary>Bytes a second between an instance and S3, each way; 0 is no limit.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long LinkSpeed { get; set; }

    /// <summary>What the link adds to each request of an instance to S3.</summary>
    [Parameter]
    [Duration("0s", "10m")]
    public TimeSpan LinkLatency { get; set; }

    /// <summary>How the metadata service of an instance answers: Normal, Unauthorized (401), Forbidden (403), ServerError (500), Silent or Slow.</summary>
    [Parameter]
    public SandboxImdsMode ImdsMode { get; set; }

    /// <summary>How long a Slow metadata service takes. Default: 2s.</summary>
    [Parameter]
    [Duration("0s", "10m")]
    public TimeSpan ImdsDelay { get; set; }

    /// <summary>How far an instance's clock is ahead of AWS's; below zero (-20m) it is behind.</summary>
    [Parameter]
    [Duration("-7d", "7d")]
    public TimeSpan ClockOffset { get; set; }

    /// <summary>SSM does not reach the agent of an instance; -SsmOffline:$false brings it back.</summary>
    [Parameter]
    public SwitchParameter SsmOffline { get; set; }

    /// <summary>How an instance learns of interruptions: Timely, Late (by NoticeDelay), or None. It is taken at the same time in any case.</summary>
    [Parameter]
    public SandboxNoticeMode Notice { get; set; }

    /// <summary>How late a Late notice comes.</summary>
    [Parameter]
    [Duration("0s", "1h")]
    public TimeSpan NoticeDelay { get; set; }

    /// <summary>How long before the notice a rebalance is recommended; $null is not at all.</summary>
    [Parameter]
    [Duration("0s", "1d")]
    public TimeSpan? RebalanceLead { get; set; }

    /// <summary>Whether a parameter was given.</summary>
    internal bool IsGiven(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);
}
