using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;

namespace Runctl.Resuming;

/// <summary>What would keep a run from being resumed by itself; said when it begins, not when it is interrupted.</summary>
internal static class AutoResumeCheck
{
    /// <summary>For a run that begins on an instance; null where nothing stands in the way.</summary>
    public static RunctlException? Find(RunctlConfiguration configuration, bool bringsCode, RunctlInstance instance) =>
        Find(configuration, bringsCode, instance.InterruptionBehavior == "hibernate", instance.InstanceId);

    /// <summary>The same for an instance that is to be launched.</summary>
    /// <param name="configuration">Settings in force.</param>
    /// <param name="bringsCode">Whether the project is brought to the instance.</param>
    /// <param name="hibernates">Whether EC2 hibernates the instance when it takes it.</param>
    /// <param name="instance">The instance in words.</param>
    public static RunctlException? Find(RunctlConfiguration configuration, bool bringsCode, bool hibernates, string instance) =>
        configuration.S3Bucket is null ? RunctlErrors.AutoResumeNeedsBucket()
        : configuration.MaxResumes == 0 ? RunctlErrors.AutoResumeIsNone()
        : !bringsCode ? RunctlErrors.AutoResumeNeedsCode()
        : hibernates && configuration.StoppedInstance == RunctlStoppedInstance.Replace ? RunctlErrors.AutoResumeHibernates(instance)
        : null;

    /// <summary>The same for a run that is resumed; bucket and code it has then.</summary>
    public static RunctlException? Find(ResumePlan plan, RunctlStoppedInstance stoppedInstance) =>
        plan.Resumes + 1 >= plan.Spec.Policy.MaxResumes ? RunctlErrors.AutoResumeUsedUp(plan.Request.RunId, plan.Resumes + 1, plan.Spec.Policy.MaxResumes)
        : plan.Launch is { Request.InterruptionBehavior: RunctlInterruptionBehavior.Hibernate } && stoppedInstance == RunctlStoppedInstance.Replace ? RunctlErrors.AutoResumeHibernates($"that replaces {plan.LastInstanceId ?? "the lost one"}")
        : null;

    /// <summary>What is told where it was not asked for by hand.</summary>
    public static string Warning(RunctlException obstacle) => $"Runctl will not resume the run automatically, although auto_resume is set: {obstacle.Message}";
}
