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
        SecurityGroupIds = instance.SecurityGroupIds,
        InterruptionBehavior = instance.InterruptionBehavior switch { "stop" => RunctlInterruptionBehavior.Stop, "hibernate" => RunctlInterruptionBehavior.Hibernate, _ => RunctlInterruptionBehavior.Terminate },
        // Without a request it is not known whether more than the type's own price was acceptable.
        Tags = instance.Tags.Where(t => !t.Key.StartsWith(RunctlTags.Prefix, StringComparison.Ordinal) && !t.Key.StartsWith("aws:", StringComparison.Ordinal)).ToDictionary(t => t.Key, t => t.Value),
    }) with
    {
        Count = 1,
        IamInstanceProfile = launched?.IamInstanceProfile ?? instance.IamInstanceProfile,
        // The image it trained on, not what is the newest when it is resumed.
        ImageId = instance.ImageId ?? launched?.ImageId,
    };

    /// <summary>For a resume: what the session launched the run from, else what its orders say, with what is asked to be different. Nothing comes from what guards write.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="request">What is asked for.</param>
    /// <exception cref="RunctlException">LaunchUnknown.</exception>
    public static LaunchRequest RequestOf(RunSpec spec, ResumeRequest request)
    {
        var original = request.Launched ?? (spec.IsOfVersion01 ? OfParameters(spec, request) : spec.Launch) ?? new LaunchRequest { InstanceTypes = request.InstanceTypes ?? throw RunctlErrors.LaunchUnknown(spec.RunId) };
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
            InterruptionBehavior = request.InterruptionBehavior ?? original.InterruptionBehavior,
            Tags = Merge(original.Tags, request.Tags),
        };
    }

    /// <summary>Both together; what is given wins.</summary>
    public static IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string> original, IReadOnlyDictionary<string, string>? given) =>
        given is null ? original : original.Where(pair => !given.ContainsKey(pair.Key)).Concat(given).ToDictionary(StringComparer.Ordinal);

    /// <summary>The training could have written what version 0.1 kept: a person names what is launched.</summary>
    private static LaunchRequest OfParameters(RunSpec spec, ResumeRequest request) => request is { InstanceTypes: { } types, IamInstanceProfile: not null }
        ? new LaunchRequest { InstanceTypes = types }
        : throw RunctlErrors.LaunchOfVersion01(spec);

    /// <summary>Refuses to launch with other rights or another image than the lost instance has, unless a parameter says so. The session that launched the run knows what it launched.</summary>
    /// <param name="launch">What would be launched.</param>
    /// <param name="lost">The lost instance as EC2 shows it; of one that is terminated EC2 may not show all.</param>
    /// <param name="request">What is asked for.</param>
    /// <exception cref="RunctlException">LaunchDiffers.</exception>
    public static void RequireSame(LaunchRequest launch, RunctlInstance lost, ResumeRequest request)
    {
        if (request.Launched is not null)
        {
            return;
        }

        Compare("instance profile", launch.IamInstanceProfile?.Split('/')[^1], lost.IamInstanceProfile, request.IamInstanceProfile is not null, "-IamInstanceProfile");
        Compare("image", launch.ImageId, lost.ImageId, request.ImageId is not null, "-ImageId");
        Compare("security groups", Text(launch.SecurityGroupIds), Text(lost.SecurityGroupIds), request.SecurityGroupIds is not null, "-SecurityGroupId");

        void Compare(string what, string? ordered, string? shown, bool isGiven, string parameter)
        {
            if (!isGiven && ordered is not null && shown is not null && ordered != shown)
            {
                throw RunctlErrors.LaunchDiffers(request.RunId, lost.InstanceId, what, ordered, shown, parameter);
            }
        }

        static string? Text(IReadOnlyList<string> groups) => groups.Count == 0 ? null : string.Join(", ", groups.Order(StringComparer.Ordinal));
    }
}
