using System.Globalization;
using Runctl.Runs;

namespace Runctl.Errors;

/// <content>Errors of resuming a run.</content>
internal static partial class RunctlErrors
{
    /// <summary>A run's record changes all the time.</summary>
    public static RunctlException RecordContended(string where) =>
        new("RecordContended", ErrorKind.Conflict, $"{where} could not be written: other sessions change it at the same time.", where, "Try again in a moment.");

    /// <summary>What people ordered cannot be what this says.</summary>
    public static RunctlException OrdersInvalid(string where, string problem) =>
        new("OrdersInvalid", ErrorKind.InvalidData, $"{where} is not a specification that a run can be resumed from: {problem}.", where,
            "The access log or the versions of the bucket show which role wrote it. Start-RunctlTraining -ResumeFrom starts a new run from the checkpoint.");

    /// <summary>There is nothing left to train.</summary>
    public static RunctlException RunFinished(string runId) =>
        new("RunFinished", ErrorKind.InvalidState, $"Run {runId} has finished: there is nothing to resume.", runId, "To continue from its last checkpoint, start a new run with Start-RunctlTraining -ResumeFrom.");

    /// <summary>The user stopped it, and means that.</summary>
    public static RunctlException RunStopped(string runId) =>
        new("RunStopped", ErrorKind.InvalidState, $"Run {runId} was stopped by its user.", runId, $"Resume it with Resume-RunctlTraining {runId}.");

    /// <summary>Another training has the instance that was named.</summary>
    public static RunctlException ResumePlaceBusy(string runId, string instanceId, string runs) =>
        new("ResumePlaceBusy", ErrorKind.InvalidState, $"Run {runId} cannot be resumed on {instanceId}: {runs} trains there.", instanceId,
            "Name a free instance with -InstanceId, or stop the other training with Stop-RunctlTraining.");

    /// <summary>A second machine beside it would cost money without a use.</summary>
    public static RunctlException OwnInstanceUnusable(string runId, string instanceId, string why, Exception? cause = null) =>
        new("OwnInstanceUnusable", ErrorKind.InvalidState, $"Run {runId} was on instance {instanceId}, which still runs and cannot be used: {why}", instanceId,
            $"Remove it with Remove-RunctlInstance {instanceId} and resume again, name another instance with -InstanceId, or launch one beside it with -InstanceType.", cause);

    /// <summary>There is no such attempt.</summary>
    public static RunctlException AttemptNotFound(string runId, int attempt, int newest) =>
        new(ErrorIds.AttemptNotFound, ErrorKind.NotFound, string.Create(CultureInfo.InvariantCulture, $"Run {runId} has no attempt {attempt}; its newest is attempt {newest}."), runId,
            string.Create(CultureInfo.InvariantCulture, $"Use -Attempt with a number from 1 to {newest}, or leave it out for the newest."));

    /// <summary>It runs.</summary>
    public static RunctlException RunStillAlive(string runId, int attempt, string? instanceId) =>
        new(ErrorIds.RunStillAlive, ErrorKind.InvalidState, $"Run {runId} is still alive: attempt {attempt.ToString(CultureInfo.InvariantCulture)} is on instance {instanceId ?? "that is not known yet"}, and was not interrupted.", runId,
            "Watch it with Watch-RunctlSpotInterruption, or end it with Stop-RunctlTraining and then resume it.");

    /// <summary>Its processes sleep, and would go on beside the resumed ones.</summary>
    public static RunctlException RunHibernates(string runId, string instanceId) =>
        new("RunHibernates", ErrorKind.InvalidState, $"Run {runId} is on instance {instanceId}, which hibernates when it is interrupted. When EC2 wakes it, the run would train twice.", runId,
            $"Use -StoppedInstance Wait (stopped_instance = \"wait\") to continue there when EC2 wakes it. Or remove it with Remove-RunctlInstance {instanceId}, then resume.");

    /// <summary>Elsewhere its instances are unknown, which would look as if they were gone.</summary>
    public static RunctlException RunInOtherRegion(string runId, string region, string connected) =>
        new("RunInOtherRegion", ErrorKind.InvalidInput, $"Run {runId} is in region {region}, and the connection is to {connected}.", runId, $"Use -Region {region}.");

    /// <summary>Another account's instances are unknown, which would look as if they were gone.</summary>
    public static RunctlException RunInOtherAccount(string runId, string account, string connected) =>
        new("RunInOtherAccount", ErrorKind.InvalidInput, $"Run {runId} is in account {account}, and the credentials are of account {connected}.", runId, $"Use a profile of account {account} (-ProfileName).");

    /// <summary>Who removed the instance a run waited for did not want it to go on by itself.</summary>
    public static RunctlException AwaitedInstanceEnded(string runId, string instanceId) =>
        new("AwaitedInstanceEnded", ErrorKind.InvalidState, $"Instance {instanceId}, which run {runId} waited for, was ended by its owner.", instanceId, "Resume-RunctlTraining resumes the run on a replacement.");

    /// <summary>It woke where it was, and trains.</summary>
    public static RunctlException RunWentOn(string runId, int attempt, string instanceId) =>
        new(ErrorIds.RunWentOn, ErrorKind.InvalidState, $"Run {runId} continues: instance {instanceId} woke, and attempt {attempt.ToString(CultureInfo.InvariantCulture)} trains there. There is nothing to resume.", runId,
            "Watch it with Watch-RunctlSpotInterruption.");

    /// <summary>Runctl did not start it, and could not start it elsewhere.</summary>
    public static RunctlException RunAttached(string runId) =>
        new("RunAttached", ErrorKind.InvalidState, $"Run {runId} was not started by Runctl, only guarded: its code, arguments and environment are not known, so it cannot be started elsewhere.", runId,
            "Start it with Start-RunctlTraining -ResumeFrom and its newest checkpoint; Get-RunctlCheckpoint lists them.");

    /// <summary>Somebody else has it.</summary>
    public static RunctlException ResumeTaken(string runId, int attempt, string? by, DateTimeOffset? since, string? replacement = null) =>
        new(ErrorIds.ResumeTaken, ErrorKind.Conflict,
            $"Run {runId} is being resumed already: attempt {attempt.ToString(CultureInfo.InvariantCulture)} was claimed by {by ?? "another session"}{(since is { } at ? $" at {at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)}" : "")}{(replacement is not null ? $", and has instance {replacement}" : "")}.", runId,
            "Get-RunctlTraining shows the state of the run. If that session is gone: Resume-RunctlTraining -Force takes the run over; the start of that session then fails.");

    /// <summary>Nothing to begin from.</summary>
    public static RunctlException NoGoodCheckpoint(string runId, int skipped) =>
        new("NoGoodCheckpoint", ErrorKind.NotFound, skipped == 0
            ? $"Run {runId} has no checkpoint in S3 to resume from."
            : $"Run {runId} has no good checkpoint in S3 to resume from: {skipped.ToString(CultureInfo.InvariantCulture)} were damaged.", runId, "Use -FromScratch to start it from the beginning.");

    /// <summary>The old instance is there, and is not about to go.</summary>
    public static RunctlException QuotaHeld(RunctlException failure, string instanceId) =>
        new(ErrorIds.QuotaHeld, failure.Kind, $"{failure.Message} Instance {instanceId}, where the run was before, is still there, may count against it, and is not about to go.", instanceId,
            $"If nothing else runs on it: Remove-RunctlInstance {instanceId}. Then resume.", failure)
        {
            ServiceErrorCode = failure.ServiceErrorCode,
            RequestId = failure.RequestId,
        };

    /// <summary>The code is gone.</summary>
    public static RunctlException CodeNotStored(string runId, string why) =>
        new("CodeNotStored", ErrorKind.NotFound, $"The code of run {runId} cannot be restored: {why}.", runId, "Use -SyncCode to bring today's working copy instead.");

    /// <summary>Nobody noted what it ran on.</summary>
    public static RunctlException LaunchUnknown(string runId) =>
        new("LaunchUnknown", ErrorKind.NotFound, $"What the instance of run {runId} was launched from is not known.", runId, "Give at least -InstanceType and -IamInstanceProfile.");

    /// <summary>The training could have changed what a run of version 0.1 launches.</summary>
    public static RunctlException LaunchOfVersion01(RunSpec spec)
    {
        var launch = spec.Launch;
        var groups = launch is { SecurityGroupIds.Count: > 0 } ? $" -SecurityGroupId {string.Join(", ", launch.SecurityGroupIds)}" : "";
        return new("LaunchOfVersion01", ErrorKind.InvalidState, $"Run {spec.RunId} was written by Runctl 0.1, and its training could have changed what a resume launches.", spec.RunId,
            $"Name it. If this is what you started: Resume-RunctlTraining {spec.RunId} -InstanceType {string.Join(", ", launch?.InstanceTypes ?? ["TYPE"])} -IamInstanceProfile {launch?.IamInstanceProfile ?? "PROFILE"}"
            + $"{(launch?.ImageId is { } image ? $" -ImageId {image}" : "")}{groups}");
    }

    /// <summary>The replacement would have other rights, or another image, than the instance that was lost.</summary>
    public static RunctlException LaunchDiffers(string runId, string instanceId, string what, string ordered, string shown, string parameter) =>
        new("LaunchDiffers", ErrorKind.InvalidState, $"A replacement for run {runId} would have the {what} {ordered} by the orders of the run, and its instance {instanceId} has {shown}.", instanceId,
            $"Choose with {parameter}: Resume-RunctlTraining {runId} {parameter} {shown} launches it as {instanceId}.");

    /// <summary>It was resumed often enough.</summary>
    public static RunctlException ResumesUsedUp(string runId, int most) =>
        new("ResumesUsedUp", ErrorKind.InvalidState, $"Run {runId} was resumed {most.ToString(CultureInfo.InvariantCulture)} times, as often as max_resumes allows; Runctl does not resume it automatically again.", runId,
            $"Resume it with Resume-RunctlTraining {runId}; -MaxResumeCount raises the limit of the run.");

    /// <summary>The resume that begins is the last that is allowed, or one more.</summary>
    public static RunctlException AutoResumeUsedUp(string runId, int resumes, int most) =>
        new("AutoResumeUsedUp", ErrorKind.InvalidState, string.Create(CultureInfo.InvariantCulture, $"This is resume {resumes} of run {runId}, and max_resumes allows {most} in all, so Runctl cannot resume it automatically again."), runId,
            string.Create(CultureInfo.InvariantCulture, $"Give -MaxResumeCount {resumes + 1} or more, or leave -AutoResume out."));

    /// <summary>Nothing could get from one instance to the next.</summary>
    public static RunctlException AutoResumeNeedsBucket() =>
        new("BucketNotConfigured", ErrorKind.InvalidState, "Automatic resuming (-AutoResume, auto_resume) needs a bucket, and none is configured: another instance could not read the checkpoints.", null,
            "Set s3_bucket in .runctl.toml, give -S3Bucket, or leave -AutoResume out.");

    /// <summary>No resume is allowed from the beginning.</summary>
    public static RunctlException AutoResumeIsNone() =>
        new("AutoResumeIsNone", ErrorKind.InvalidInput, "max_resumes is 0, so Runctl resumes the run automatically not even once.", null,
            "Set max_resumes under [spot] in .runctl.toml to 1 or more, or leave -AutoResume out.");

    /// <summary>What was on the instance before goes with it.</summary>
    public static RunctlException AutoResumeNeedsCode() =>
        new("AutoResumeNeedsCode", ErrorKind.InvalidInput, "Automatic resuming (-AutoResume, auto_resume) needs -SyncCode: without it only this instance has the code.", null,
            "Add -SyncCode, or leave -AutoResume out.");

    /// <summary>Its processes sleep, and would go on beside the resumed ones.</summary>
    public static RunctlException AutoResumeHibernates(string instanceId) =>
        new("AutoResumeHibernates", ErrorKind.InvalidInput, $"Automatic resuming (-AutoResume, auto_resume) on a replacement is not possible: instance {instanceId} hibernates when it is interrupted, and its training continues there when EC2 wakes it.", instanceId,
            "Set stopped_instance = \"wait\" under [spot] in .runctl.toml, or leave -AutoResume out.");

    /// <summary>A resume failed, and its replacement may still be there.</summary>
    public static RunctlException ReplacementLeft(RunctlException failure, string instanceId, string cleanup) =>
        new(failure.Id, failure.Kind, $"{failure.Message} The replacement {instanceId} could not be terminated: {cleanup}", failure.Target,
            $"Terminate it with Remove-RunctlInstance {instanceId}: it costs money.{(failure.RecommendedAction is { } action ? " " + action : "")}", failure)
        {
            ServiceErrorCode = failure.ServiceErrorCode,
            RequestId = failure.RequestId,
            IsTransient = failure.IsTransient,
        };
}
