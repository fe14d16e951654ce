using Runctl.Code;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Metrics;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Resuming;

/// <summary>Resumes a run that was interrupted, on a replacement of its instance, or there when EC2 starts it again.</summary>
public sealed class TrainingResumer(ICloud cloud, IAdapters adapters, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>Checks a resume: run, standing, code, checkpoint, replacement. Changes nothing.</summary>
    public async Task<ResumePlan> PlanAsync(ResumeRequest request, CancellationToken cancellationToken)
    {
        var plan = await new ResumePlanner(cloud, configuration, time).PlanAsync(request, cancellationToken).ConfigureAwait(false);
        if (request.SyncFrom is not { } project)
        {
            return plan;
        }

        var listing = await new ProjectFiles(adapters).ListAsync(project, plan.Spec.Script, plan.Spec.Checkpoint.Dir, plan.Spec.Arguments, cancellationToken).ConfigureAwait(false);
        return plan with { Code = listing, Warnings = [.. plan.Warnings, .. listing.Warnings] };
    }

    /// <summary>Claims, launches, restores and starts. On failure or cancellation nothing of it is left running, and the run can be resumed again.</summary>
    public async Task<RunctlTraining> ResumeAsync(ResumePlan plan, IResumeListener listener, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        var events = new ResumeEvents(cloud.Objects, plan.Store, plan.Spec.RunId, plan.LastAttempt ?? plan.Seen, plan.LastInstanceId ?? "", listener, _ => { }, time);
        try
        {
            var resumed = await ResumeAsync(plan, events, progress, isPatient: false, cancellationToken).ConfigureAwait(false);
            events.OnResumed(resumed);
            return resumed;
        }
        catch (OperationCanceledException)
        {
            events.OnStopped();
            throw;
        }
        catch (RunctlException e)
        {
            events.KeepFailure($"Resuming run {plan.Spec.RunId} failed: {e.Message}");
            throw;
        }
        finally
        {
            await events.FlushAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The same, whose events the caller keeps; a patient one waits for capacity and begins anew where nothing was ever saved.</summary>
    internal async Task<RunctlTraining> ResumeAsync(ResumePlan plan, IResumeListener listener, IProgress<ProgressUpdate> progress, bool isPatient, CancellationToken cancellationToken)
    {
        if (plan is { Code: { } listing, Request.SyncFrom: { } project })
        {
            var spec = plan.Spec;
            var code = await new CodeSync(cloud, time).BringAsync(listing, project, plan.Store, "", status => progress.Report(new ProgressUpdate($"Resuming {spec.RunId}", status)), cancellationToken).ConfigureAwait(false);
            plan = plan with { Spec = spec with { Code = code } };
        }
        else if (plan.Spec.Code is { Key: { } key } old && key == plan.Store.Keys.CodeOfVersion01(old.Sha256))
        {
            plan = plan with { Spec = plan.Spec with { Code = await new CodeTransport(cloud, time).AdoptAsync(old, plan.Store, plan.Spec.RunId, cancellationToken).ConfigureAwait(false) } };
        }

        IAttemptHost host = plan switch
        {
            { WaitsFor: { } awaited } => new ReturningInstance(cloud, time, plan, awaited, listener, progress),
            { LivesOn: { } living } => new LivingInstance(cloud, time, plan, living),
            _ => new ReplacementLaunch(cloud, time, plan, listener, progress) { IsPatient = isPatient },
        };
        var training = await new Resumption(cloud, time, plan, listener) { Host = host, MayBeginAnew = isPatient }.RunAsync(progress, cancellationToken).ConfigureAwait(false);
        if (training.ResumedFrom is not null)
        {
            RunctlMetrics.CountResume(training.RunId, training.Attempt);
        }

        return training.With(copy => { copy.Warnings = plan.Warnings; copy.Launch = plan.Launch is null ? plan.Request.Launched : plan.Spec.Launch; copy.MaxResumes = plan.Spec.Policy.MaxResumes; });
    }
}
