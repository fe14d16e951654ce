using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;

namespace Runctl.Resuming;

/// <summary>What would keep a run from being resumed by itself; said when it begins, not when it is interrupted.</summary>
internal static class AutoResumeCheck
{
    /// <summary>For a run that begins on an instance; null where nothing stands in the way.</summary>
    public static RunctlException? Find(RunctlConfiguration configuration, bool bringsCode, RunctlInstance instance) =>
        configuration.S3Bucket is null ? RunctlErrors.AutoResumeNeedsBucket()
        : !bringsCode ? RunctlErrors.AutoResumeNeedsCode()
        : instance.InterruptionBehavior == "hibernate" && configuration.StoppedInstance == RunctlStoppedInstance.Replace ? RunctlErrors.AutoResumeHibernates(instance.InstanceId)
        : null;

    /// <summary>The same for a run that is resumed; bucket and code it has then.</summary>
    public static RunctlException? Find(ResumePlan plan, RunctlStoppedInstance stoppedInstance) =>
        plan.Launch is { Request.InterruptionBehavior: RunctlInterruptionBehavior.Hibernate } && stoppedInstance == RunctlStoppedInstance.Replace ? RunctlErrors.AutoResumeHibernates($"that replaces {plan.LastInstanceId ?? "the lost one"}") : null;

    /// <summary>What is told where it was not asked for by hand.</summary>
    public static string Warning(RunctlException obstacle) => $"The run is not resumed by itself, though auto_resume is set: {obstacle.Message}";
}
