using System.Collections;
using System.Management.Automation;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.PowerShell.Composition;
using Runctl.PowerShell.Engine;

namespace Runctl.PowerShell.Instances;

/// <summary>Launches spot instances: of several types and zones the one that is cheapest and least likely to be taken back.</summary>
/// <remarks>The fleet chooses among all given types and zones by price and by how likely an interruption is. A launch that fails or is stopped leaves nothing running.</remarks>
/// <example>
/// <code>New-RunctlSpotInstance -InstanceType g5.xlarge, g4dn.xlarge -IamInstanceProfile MySSMProfile -Wait</code>
/// <para>Launches one spot instance of either type and returns it when a training can be started on it.</para>
/// </example>
/// <example>
/// <code>New-RunctlSpotInstance g5.xlarge -MaxPrice 0.60 -WhatIf</code>
/// <para>Checks everything and names types, zones and price without launching.</para>
/// </example>
[Cmdlet(VerbsCommon.New, "RunctlSpotInstance", SupportsShouldProcess = true)]
[OutputType(typeof(RunctlInstance))]
public sealed class NewRunctlSpotInstanceCommand : BackgroundCmdlet
{
    private static readonly TimeSpan CleanupTime = TimeSpan.FromSeconds(30);

    /// <summary>Instance types that will do, for example g5.xlarge, g4dn.xlarge; the more, the fewer interruptions. Default: <c>default_instance_type</c> in .runctl.toml.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InstanceTypeCompleter))]
    public string[]? InstanceType { get; set; }

    /// <summary>Subnets that will do. Default: <c>subnet_ids</c> in .runctl.toml, then the default subnets of all zones.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? SubnetId { get; set; }

    /// <summary>Security groups; no inbound rule is needed. Default: <c>security_group_ids</c> in .runctl.toml, then the VPC's own.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? SecurityGroupId { get; set; }

    /// <summary>Instance profile whose role allows SSM, and S3 on the bucket. Default: <c>iam_instance_profile</c> in .runctl.toml.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? IamInstanceProfile { get; set; }

    /// <summary>Image. Default: <c>ami</c> in .runctl.toml, then Ubuntu, or the deep-learning image for GPU types.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ImageId { get; set; }

    /// <summary>How many instances, all or none.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int Count { get; set; } = 1;

    /// <summary>Highest price in US dollars an hour. A limit makes interruptions more frequent. Default: <c>spot_max_price</c> in .runctl.toml, then the on-demand price.</summary>
    [Parameter]
    [Price]
    public decimal? MaxPrice { get; set; }

    /// <summary>Launches on-demand instances when there is no spot capacity. Default: <c>on_demand_fallback</c> in .runctl.toml.</summary>
    [Parameter]
    public SwitchParameter OnDemandFallback { get; set; }

    /// <summary>What EC2 does with an instance when it takes it. Stop and Hibernate keep its disk, which goes on costing, and EC2 starts it again when there is capacity; Hibernate begins at once at the notice, so that little is saved. Default: Terminate.</summary>
    [Parameter]
    public RunctlInterruptionBehavior InterruptionBehavior { get; set; }

    /// <summary>Size of the root volume in GiB. Default: the image's own.</summary>
    [Parameter]
    [ValidateRange(8, 16384)]
    public int? VolumeSize { get; set; }

    /// <summary>Tags beside Runctl's own.</summary>
    [Parameter]
    public Hashtable? Tag { get; set; }

    /// <summary>Waits until the instances run, SSM reaches them and cloud-init is done. One that does not become ready is terminated.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>Longest wait for an instance to become ready.</summary>
    [Parameter]
    [Duration("1s", "2h")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <inheritdoc/>
    private protected override bool IsCostly => true;

    /// <inheritdoc/>
    private protected override void AddSettings(IDictionary<string, object?> settings)
    {
        base.AddSettings(settings);
        settings[nameof(RunctlConfiguration.SubnetIds)] = SubnetId;
        settings[nameof(RunctlConfiguration.SecurityGroupIds)] = SecurityGroupId;
        settings[nameof(RunctlConfiguration.IamInstanceProfile)] = IamInstanceProfile;
        settings[nameof(RunctlConfiguration.ImageId)] = ImageId;
        settings[nameof(RunctlConfiguration.SpotMaxPrice)] = MaxPrice;
        settings[nameof(RunctlConfiguration.OnDemandFallback)] = IsBound(nameof(OnDemandFallback)) ? OnDemandFallback.IsPresent : null;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var scope = OpenScope();
        var launcher = new SpotLauncher(scope.Cloud, TimeProvider.System) { OnLeftovers = WarnAfterStop() };
        var plan = await launcher.PlanAsync(RequestFor(scope.Configuration), StopToken);
        if (plan.Request.IamInstanceProfile is null)
        {
            WriteWarning("No instance profile is given: SSM will not reach the instances, and no training can be started on them. Give -IamInstanceProfile.");
        }

        if (!ShouldProcess(plan.Description, "Launch"))
        {
            return;
        }

        var instances = await launcher.LaunchAsync(plan, Progress, StopToken);
        foreach (var instance in instances)
        {
            Session.Remember(instance, plan.Request);
        }

        if (Wait)
        {
            await WaitForAllAsync(scope, launcher, instances);
            return;
        }

        foreach (var instance in instances)
        {
            WriteObject(instance);
        }
    }

    private LaunchRequest RequestFor(RunctlConfiguration configuration) => new()
    {
        InstanceTypes = InstanceType ?? (configuration.DefaultInstanceType is { } type ? [type] : []),
        SubnetIds = configuration.SubnetIds,
        SecurityGroupIds = configuration.SecurityGroupIds,
        IamInstanceProfile = configuration.IamInstanceProfile,
        ImageId = configuration.ImageId,
        Count = Count,
        MaxPrice = configuration.SpotMaxPrice,
        OnDemandFallback = configuration.OnDemandFallback,
        InterruptionBehavior = InterruptionBehavior,
        VolumeSizeGiB = VolumeSize,
        Tags = Tag is null ? new Dictionary<string, string>() : TextTable.Of(Tag),
    };

    private async Task WaitForAllAsync(CommandScope scope, SpotLauncher launcher, IReadOnlyList<RunctlInstance> instances)
    {
        var warn = WarnAfterStop();
        var waits = instances.Select(instance => (instance, Ready: WaitOrTerminateAsync(scope, launcher, instance, warn))).ToList();
        foreach (var (instance, ready) in waits)
        {
            await ForTargetAsync(instance.InstanceId, async () => WriteObject(await ready));
        }
    }

    // Nobody has been told the instance's id yet, so nobody else would stop it from costing money.
    private async Task<RunctlInstance> WaitOrTerminateAsync(CommandScope scope, SpotLauncher launcher, RunctlInstance instance, Action<string> warn)
    {
        try
        {
            return await launcher.WaitUntilReadyAsync(instance.InstanceId, Timeout, Progress, StopToken).ConfigureAwait(false);
        }
        catch (RunctlException exception)
        {
            throw CommandErrors.InstanceNotReady(instance.InstanceId, exception, await TerminateAsync(scope, instance).ConfigureAwait(false));
        }
        catch
        {
            if (await TerminateAsync(scope, instance).ConfigureAwait(false) is { } left)
            {
                warn($"{instance.InstanceId} may still be running and cost money: {left.Message} Terminate it by Remove-RunctlInstance {instance.InstanceId}.");
            }

            throw;
        }
    }

    private static async Task<RunctlException?> TerminateAsync(CommandScope scope, RunctlInstance instance)
    {
        using var limit = new CancellationTokenSource(CleanupTime);
        try
        {
            await new InstanceCatalog(scope.Cloud).RemoveAsync(instance, limit.Token).ConfigureAwait(false);
            return null;
        }
        catch (RunctlException exception)
        {
            return exception;
        }
        catch (OperationCanceledException)
        {
            return RunctlErrors.TimedOut("The removal", CleanupTime, instance.InstanceId);
        }
    }
}
