using Runctl.Ports;

namespace Runctl.Instances;

/// <summary>What every instance of a planned launch is like.</summary>
internal static class PlannedTemplate
{
    /// <summary>The template of a plan.</summary>
    /// <param name="plan">What is to be launched.</param>
    /// <param name="image">Its image.</param>
    /// <param name="name">Name of the template.</param>
    /// <param name="spot">Whether spot instances come of it, or on-demand ones.</param>
    /// <param name="tags">Tags of what is launched.</param>
    public static LaunchTemplate Of(LaunchPlan plan, ImageRecord image, string name, bool spot, Dictionary<string, string> tags)
    {
        var request = plan.Request;
        return new()
        {
            Name = name,
            ImageId = plan.Image,
            RootDeviceName = image.RootDeviceName ?? "/dev/sda1",
            VolumeSizeGiB = request.VolumeSizeGiB is { } wanted ? Math.Max(wanted, image.RootSizeGiB ?? 0) : null,
            IamInstanceProfile = request.IamInstanceProfile,
            SecurityGroupIds = request.SecurityGroupIds,
            Spot = spot,
            // Its persistent request would have EC2 launch another one for an instance that terminates itself.
            ShutdownStops = spot && request.IsPersistent,
            Tags = spot && request.IsPersistent ? new(tags) { [RunctlTags.Interruption] = request.InterruptionBehavior == RunctlInterruptionBehavior.Stop ? "stop" : "hibernate" } : tags,
        };
    }
}
