using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;

namespace Runctl.Resuming;

/// <summary>A replacement that is launched; waits where waiting can help: for a quota that the old instance still uses, and, where nobody sits by, for capacity.</summary>
internal sealed class ReplacementLaunch(ICloud cloud, TimeProvider time, ResumePlan plan, IResumeListener listener, IProgress<ProgressUpdate> progress) : IAttemptHost
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly Backoff _backoff = new(FirstPause, LongestPause, time, 2);

    /// <summary>When the notice was heard of that this launch is for.</summary>
    private readonly DateTimeOffset? _heard = plan.Request.Interrupted is null ? null : time.GetUtcNow();

    /// <summary>Whether it goes on trying as long as capacity is all that lacks.</summary>
    public bool IsPatient { get; init; }

    /// <inheritdoc/>
    public Task WaitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Tell(RunctlInstance instance, int attempt) => listener.OnLaunched(instance, attempt);

    /// <summary>The program travels while the old instance may still be saving.</summary>
    public Task PrepareAsync(RunctlInstance instance, CancellationToken cancellationToken) =>
        new GuardClient(cloud, time, plan.Store).CallAsync(instance.InstanceId, ["status", "--events", "0"], null, GuardClient.ShortCall, cancellationToken);

    /// <inheritdoc/>
    public Task GiveUpAsync(RunctlInstance instance, CancellationToken cancellationToken) => new InstanceRemoval(cloud).RemoveAsync(instance, cancellationToken);

    /// <inheritdoc/>
    public async Task<RunctlInstance> GetAsync(CancellationToken cancellationToken)
    {
        string? told = null;
        var isStayingTold = false;
        while (true)
        {
            try
            {
                return await LaunchAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException e) when (e.IsTransient || IsQuota(e))
            {
                var old = IsQuota(e) ? await FindOldAsync(cancellationToken).ConfigureAwait(false) : OldInstance.Gone;
                if (old == OldInstance.Staying)
                {
                    throw RunctlErrors.QuotaHeld(e, plan.LastInstanceId!);
                }

                var isHeld = old == OldInstance.Leaving;
                if (!isHeld && !(IsPatient && e.IsTransient))
                {
                    throw;
                }

                isStayingTold = isStayingTold || (!isHeld && await TellStayingAsync(cancellationToken).ConfigureAwait(false));

                // What names an instance that was left is another message each time.
                if (told != e.Message)
                {
                    told = e.Message;
                    listener.OnWarning(isHeld
                        ? $"The quota does not allow a replacement beside {plan.LastInstanceId}; it is launched when that is gone."
                        : $"No replacement of {plan.LastInstanceId ?? "the lost instance"} yet; it is tried again, less and less often. {e.Message}");
                }

                progress.Report(new ProgressUpdate($"Resuming {plan.Spec.RunId}", isHeld ? $"Waiting for the end of {plan.LastInstanceId}, beside which the quota allows no replacement" : "Waiting for capacity"));
                await WaitAsync(isHeld, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Says that the old instance stays while another is waited for, where it does.</summary>
    private async Task<bool> TellStayingAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await FindOldAsync(cancellationToken).ConfigureAwait(false) != OldInstance.Staying)
            {
                return false;
            }
        }
        catch (RunctlException)
        {
            // The launch failed by an outage, maybe, and that goes on; it is looked at again.
            return false;
        }

        listener.OnWarning(ResumePlanner.Staying(plan.LastInstanceId!, plan.Spec.RunId));
        return true;
    }

    private async Task<RunctlInstance> LaunchAsync(CancellationToken cancellationToken)
    {
        var launcher = new SpotLauncher(cloud, time) { OnLeftovers = listener.OnWarning };
        // A replacement is found by its run even where whoever launched it is gone.
        var request = plan.Launch!.Request;
        var tags = new Dictionary<string, string>(request.Tags) { [RunctlTags.RunId] = plan.Spec.RunId, [RunctlTags.Project] = plan.Spec.ProjectName };
        return (await launcher.LaunchAsync(plan.Launch with { Request = request with { Tags = tags } }, progress, cancellationToken).ConfigureAwait(false))[0];
    }

    private async Task WaitAsync(bool forOld, CancellationToken cancellationToken)
    {
        if (!forOld)
        {
            await _backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), time);
        do
        {
            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        while (await FindOldAsync(cancellationToken).ConfigureAwait(false) == OldInstance.Leaving);
    }

    private static bool IsQuota(RunctlException error) => PoolErrorReport.IsQuota(error.ServiceErrorCode);

    /// <summary>Whether the old instance is on its way out: one that is not holds its place in the quota for good.</summary>
    private async Task<OldInstance> FindOldAsync(CancellationToken cancellationToken)
    {
        switch (plan.LastInstanceId is { } id ? (await cloud.FindOneAsync(id, cancellationToken).ConfigureAwait(false))?.State : null)
        {
            case Ec2States.ShuttingDown or Ec2States.Stopping:
                return OldInstance.Leaving;
            case Ec2States.Pending or Ec2States.Running:
                var notice = await LastNotice.FindAsync(plan.Store, plan.Spec.RunId, plan.LastAttempt, _heard, cancellationToken).ConfigureAwait(false);
                return notice?.IsWorthWaiting(time.GetUtcNow()) == true ? OldInstance.Leaving : OldInstance.Staying;
            default:
                return OldInstance.Gone;
        }
    }

    private enum OldInstance
    {
        Gone,
        Leaving,
        Staying,
    }
}
