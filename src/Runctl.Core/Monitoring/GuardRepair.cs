using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Monitoring;

/// <summary>Repairs the guard of one instance, and stands in for it. Works beside the polling, so that nobody waits for it.</summary>
/// <param name="cloud">The connection.</param>
/// <param name="instanceId">The instance.</param>
/// <param name="limit">Bounds how many guards are being started at once.</param>
/// <param name="work">Keeps what is under way.</param>
/// <param name="time">The clock.</param>
internal sealed class GuardRepair(ICloud cloud, string instanceId, SemaphoreSlim limit, PendingTasks work, TimeProvider time)
{
    /// <summary>A guard that does not start is not tried again sooner, however often is polled.</summary>
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(15);

    /// <summary>A guard that lives begins within a second or two; one that has not by then is stuck.</summary>
    private static readonly TimeSpan DeafAfter = TimeSpan.FromSeconds(4);

    private readonly GuardClient _guard = new(cloud, time);
    private readonly Dictionary<string, Task> _interrupts = new(StringComparer.Ordinal);
    private Task _restart = Task.CompletedTask;
    private long? _failed;
    private (string Time, long Since)? _unheeded;

    /// <summary>Begins what has to be done; what is under way already is not begun again.</summary>
    public async Task LookAsync(GuardStatus status, IReadOnlyList<MonitoredRun> runs, CancellationToken cancellationToken)
    {
        var plan = RepairPlan.Of(status, IsDeaf(status));
        await TellAsync(status, plan, runs).ConfigureAwait(false);

        // Sent before the guard is started again: the two go on side by side, and the run's lock on the instance lets one act.
        foreach (var run in plan.Interrupt.Where(id => _interrupts.GetValueOrDefault(id) is not { IsCompleted: false }))
        {
            Decided(runs, $"The interruption of run {run} on {instanceId} is handled over SSM: a notice is active, and no guard has begun to act on it.");
            _interrupts[run] = work.Track(InterruptAsync(run, status.Notice!, runs, cancellationToken));
        }

        if (plan.Restart && _restart.IsCompleted && (_failed is not { } failed || time.GetElapsedTime(failed) > RestartPause))
        {
            Decided(runs, $"The guard on {instanceId} is started again: its process does not live, and a run there has not ended.");
            _restart = work.Track(RestartAsync(runs, cancellationToken));
        }
    }

    private static void Decided(IReadOnlyList<MonitoredRun> runs, string message)
    {
        foreach (var run in runs)
        {
            run.Log?.Decided(message);
        }
    }

    private bool IsDeaf(GuardStatus status)
    {
        if (!RepairPlan.IsUnheeded(status))
        {
            _unheeded = null;
            return false;
        }

        if (_unheeded?.Time != status.Notice!.Time)
        {
            _unheeded = (status.Notice.Time, time.GetTimestamp());
        }

        return time.GetElapsedTime(_unheeded!.Value.Since) > DeafAfter;
    }

    private async Task TellAsync(GuardStatus status, RepairPlan plan, IReadOnlyList<MonitoredRun> runs)
    {
        foreach (var run in runs)
        {
            if (plan.Restart)
            {
                await run.WarnAsync("guard", "dead", $"The guard on {instanceId} is not running; starting it again.", $"The guard on {instanceId} runs again.").ConfigureAwait(false);
            }
            else if (status.Guard is { Alive: true })
            {
                await run.WorksAsync("guard").ConfigureAwait(false);
            }

            if (plan.Interrupt.Count > 0)
            {
                await run.WarnAsync("notice", "unheeded", $"No guard acts on the interruption notice of {instanceId}; this session runs the save sequence over SSM.").ConfigureAwait(false);
            }
            else if (!RepairPlan.IsUnheeded(status))
            {
                await run.WorksAsync("notice").ConfigureAwait(false);
            }
        }
    }

    private async Task RestartAsync(IReadOnlyList<MonitoredRun> runs, CancellationToken cancellationToken)
    {
        await limit.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _guard.CallAsync(instanceId, ["repair"], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
            _failed = null;
        }
#pragma warning disable CA1031 // Whatever it is, it is told, and tried again after a pause.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            _failed = time.GetTimestamp();
            await WarnAsync(runs, "guard", $"The guard on {instanceId} could not be started again", e).ConfigureAwait(false);
        }
        finally
        {
            limit.Release();
        }
    }

    private async Task InterruptAsync(string runId, GuardNotice notice, IReadOnlyList<MonitoredRun> runs, CancellationToken cancellationToken)
    {
        string[] arguments = ["interrupt", "--run", runId, "--deadline", notice.Time, "--action", notice.Action ?? "terminate", "--source", "monitor"];
        try
        {
            // Not under our token: a command that is given up is cancelled, and this one must end on the instance whatever becomes of us.
            await _guard.CallAsync(instanceId, arguments, null, GuardClient.LongCall, CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, it is told, and the next round tries again.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            await WarnAsync(runs, "notice", $"The interruption of {instanceId} could not be handled from here", e).ConfigureAwait(false);
        }
    }

    private static async Task WarnAsync(IReadOnlyList<MonitoredRun> runs, string subject, string what, Exception error)
    {
        var known = error as RunctlException;
        // Of an instance that is gone the round tells.
        foreach (var run in known is not null && RunRefresher.MeansGone(known) ? [] : runs)
        {
            await run.WarnAsync(subject, known?.ServiceErrorCode ?? known?.Id ?? error.GetType().Name, $"{what}: {error.Message}").ConfigureAwait(false);
        }
    }
}
