using Runctl.Configuration;
using Runctl.Instances;

namespace Runctl.PowerShell.Instances;

/// <summary>A cmdlet that can launch new instances: their parameters decide settings, and both together make the request.</summary>
public abstract class LaunchCmdlet : LaunchParametersCmdlet
{
    /// <inheritdoc/>
    private protected override void AddSettings(IDictionary<string, object?> settings)
    {
        base.AddSettings(settings);
        settings[nameof(RunctlConfiguration.SubnetIds)] = SubnetId;
        settings[nameof(RunctlConfiguration.SecurityGroupIds)] = SecurityGroupId;
        settings[nameof(RunctlConfiguration.IamInstanceProfile)] = IamInstanceProfile;
        settings[nameof(RunctlConfiguration.ImageId)] = ImageId;
        settings[nameof(RunctlConfiguration.SpotMaxPrice)] = MaxPrice;
        settings[nameof(RunctlConfiguration.OnDemandFallback)] = GivenOnDemandFallback;
    }

    /// <summary>What parameters and settings ask for.</summary>
    private protected LaunchRequest RequestFor(RunctlConfiguration configuration, int count = 1)
    {
        var request = LaunchRequest.Of(configuration);
        return request with
        {
            InstanceTypes = InstanceType ?? request.InstanceTypes,
            Count = count,
            InterruptionBehavior = InterruptionBehavior ?? RunctlInterruptionBehavior.Terminate,
            VolumeSizeGiB = VolumeSize,
            Tags = GivenTags ?? request.Tags,
        };
    }
}
