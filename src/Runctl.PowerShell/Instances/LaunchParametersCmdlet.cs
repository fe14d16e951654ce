using System.Collections;
using System.Management.Automation;
using Runctl.Instances;
using Runctl.PowerShell.Completion;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Instances;

/// <summary>
/// A cmdlet that can launch instances: the parameters of a launch, and nothing of what they mean. A cmdlet that means something else by one of them says so in
/// an element <c>parameter</c> of its documentation comment.
/// </summary>
public abstract class LaunchParametersCmdlet : BackgroundCmdlet
{
    private static readonly string[] LaunchParameters =
    [
        nameof(InstanceType), nameof(SubnetId), nameof(SecurityGroupId), nameof(IamInstanceProfile), nameof(ImageId), nameof(MaxPrice),
        nameof(OnDemandFallback), nameof(InterruptionBehavior), nameof(VolumeSize), nameof(Tag),
    ];

    /// <summary>Instance types that will do, for example g5.xlarge, g4dn.xlarge; the more, the fewer interruptions. Default: <c>default_instance_type</c> in .runctl.toml.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InstanceTypeCompleter))]
    public virtual string[]? InstanceType { get; set; }

    /// <summary>Subnets that will do. Default: <c>subnet_ids</c> in .runctl.toml, then the default subnets of all zones.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SubnetCompleter))]
    public string[]? SubnetId { get; set; }

    /// <summary>Security groups, by id; no inbound rule is needed. Default: <c>security_group_ids</c> in .runctl.toml, then the default security group of the VPC.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SecurityGroupCompleter))]
    public string[]? SecurityGroupId { get; set; }

    /// <summary>Instance profile whose role allows SSM, and S3 on the bucket. Default: <c>iam_instance_profile</c> in .runctl.toml.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InstanceProfileCompleter))]
    public string? IamInstanceProfile { get; set; }

    /// <summary>Image. Default: <c>ami</c> in .runctl.toml, then Ubuntu, or the deep-learning image for GPU types.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ImageId { get; set; }

    /// <summary>Highest price in US dollars an hour. A limit makes interruptions more frequent. Default: <c>spot_max_price</c> in .runctl.toml, then the on-demand price.</summary>
    [Parameter]
    [Price]
    public decimal? MaxPrice { get; set; }

    /// <summary>Launches on-demand instances if there is no spot capacity. Default: <c>on_demand_fallback</c> in .runctl.toml.</summary>
    [Parameter]
    public SwitchParameter OnDemandFallback { get; set; }

    /// <summary>What EC2 does with an instance when it takes it. Stop and Hibernate keep its disk, which still costs, and EC2 starts it again when there is capacity. Hibernate begins at the notice, so there may be no time to save. Default: Terminate.</summary>
    [Parameter]
    public RunctlInterruptionBehavior? InterruptionBehavior { get; set; }

    /// <summary>Size of the root volume in GiB. Default: the image's own.</summary>
    [Parameter]
    [ValidateRange(8, 16384)]
    public int? VolumeSize { get; set; }

    /// <summary>Tags beside Runctl's own.</summary>
    [Parameter]
    public Hashtable? Tag { get; set; }

    /// <summary>Longest wait for an instance to become ready. Default: 15 minutes.</summary>
    [Parameter]
    [Duration("1s", "2h")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <inheritdoc/>
    private protected override bool IsCostly => true;

    /// <summary>The first parameter given that asks for a launch, or null.</summary>
    private protected string? GivenLaunchParameter => LaunchParameters.FirstOrDefault(IsGivenByUser);

    /// <summary>The switch if it was given, on or off; null if nothing was said.</summary>
    private protected bool? GivenOnDemandFallback => IsBound(nameof(OnDemandFallback)) ? OnDemandFallback.IsPresent : null;

    /// <summary>The tags as texts, or null if none were given.</summary>
    private protected IReadOnlyDictionary<string, string>? GivenTags => Tag is null ? null : TextTable.Of(Tag).ToDictionary(StringComparer.Ordinal);
}
