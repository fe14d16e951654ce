using Runctl.Errors;
using Runctl.Instances;
using Runctl.Runs;

namespace Runctl.Resuming;

/// <summary>What a replacement is launched from.</summary>
internal static class Replacement
{
    /// <summary>For the specification of a run: what its instance was launched from where that is known, else what the instance shows.</summary>
    public static LaunchRequest RequestOf(LaunchRequest? launched, RunctlInstance instance) => (launched ?? new LaunchRequest
    {
        InstanceTypes = [instance.InstanceType],
        SubnetIds = instance.SubnetId is { } subnet ? [subnet] : [],
        IamInstanceProfile = instance.IamInstanceProfile,
        InterruptionBehavior = instance.InterruptionBehavior switch { "stop" => RunctlInterruptionBehavior.Stop, "hibernate" => RunctlInterruptionBehavior.Hibernate, _ => RunctlInterruptionBehavior.Terminate },
        // Without a request it is not known whether more than the type's own price was acceptable.
        Tags = instance.Tags.Where(t => !t.Key.StartsWith(RunctlTags.Prefix, StringComparison.Ordinal) && !t.Key.StartsWith("aws:", StringComparison.Ordinal)).ToDictionary(t => t.Key, t => t.Value),
    }) with
    {
        Count = 1,
        // The image it trained on, not what is the newest when it is resumed.
        ImageId = instance.ImageId ?? launched?.ImageId,
    };

    /// <summary>For a resume: as the run's own, with what is asked to be different.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="last">The instance that was lost, where EC2 still knows it.</param>
    /// <param name="request">What is asked for.</param>
    public static LaunchRequest RequestOf(RunSpec spec, RunctlInstance? last, ResumeRequest request)
    {
        var original = spec.Launch ?? (last is null ? null : RequestOf(null, last));
        if (original is null && request.InstanceTypes is null)
        {
            throw RunctlErrors.LaunchUnknown(spec.RunId);
        }

        original ??= new LaunchRequest { InstanceTypes = request.InstanceTypes! };
        return original with
        {
            Count = 1,
            InstanceTypes = request.InstanceTypes ?? original.InstanceTypes,
            SubnetIds = request.SubnetIds ?? original.SubnetIds,
            SecurityGroupIds = request.SecurityGroupIds ?? original.SecurityGroupIds,
            IamInstanceProfile = request.IamInstanceProfile ?? original.IamInstanceProfile,
            ImageId = request.ImageId ?? original.ImageId,
            MaxPrice = request.MaxPrice ?? original.MaxPrice,
            OnDemandFallback = request.OnDemandFallback ?? original.OnDemandFallback,
            VolumeSizeGiB = request.VolumeSizeGiB ?? original.VolumeSizeGiB,
        };
    }
}
