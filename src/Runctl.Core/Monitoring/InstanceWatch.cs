using System.Text.Json;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Monitoring;

/// <summary>One instance under watch: takes its answers in, one at a time, and tells its runs. Its properties are the monitor's, under its lock.</summary>
/// <param name="cloud">The connection.</param>
/// <param name="instanceId">The instance.</param>
/// <param name="repair">Repairs its guard.</param>
/// <param name="work">Keeps what goes on beside the polling.</param>
/// <param name="time">The clock.</param>
internal sealed class InstanceWatch(ICloud cloud, string instanceId, GuardRepair repair, PendingTasks work, TimeProvider time)
{
    /// <summary>What is asked; the newest events come along, as many as fit.</summary>
    public static readonly string[] StatusCommand = ["status", "--events", "20"];

    /// <summary>How often to ask while something happens, or while no guard lives and nobody else looks.</summary>
    private static readonly TimeSpan UrgentInterval = TimeSpan.FromSeconds(5);

    private const string ServiceWorks = "AWS answers again; no event was lost.";

    private static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);

    private readonly GuardClient _guard = new(cloud, time);
    private volatile bool _isUrgent;

    /// <summary>The instance's id.</summary>
    public string InstanceId => instanceId;

    /// <summary>Its runs under watch.</summary>
    public List<MonitoredRun> Runs { get; } = [];

    /// <summary>Whether an answer is awaited or being taken in.</summary>
    public bool IsBusy { get; set; }

    /// <summary>When to ask next, as a timestamp of the clock.</summary>
    public long Due { get; set; }

    /// <summary>How often to ask now; the shortest of all runs counts.</summary>
    public TimeSpan Interval => Runs.Select(r => r.Target.PollInterval).Append(_isUrgent ? UrgentInterval : LongestInterval).Min();

    /// <summary>Takes an answer in; its errors are told, not thrown. What takes long goes on beside the polling.</summary>
    public async Task TakeAsync(GuardAnswer answer, IReadOnlyList<MonitoredRun> runs, CancellationToken cancellationToken)
    {
        Task<GuardStatus> reading = ReadAsync(answer, cancellationToken);
        await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (reading.IsCompletedSuccessfully)
        {
            await RepairAsync(await reading.ConfigureAwait(false), runs, cancellationToken).ConfigureAwait(false);
        }

        foreach (var run in runs)
        {
            await ForRunAsync(run, async () => await TellAsync(await reading.ConfigureAwait(false), run, cancellationToken).ConfigureAwait(false), answer.IsCallFailure, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsUrgent(GuardStatus status) => (status.Runs ?? []).Any(r => !r.HasEnded
        && (status.Notice is not null || status.Guard is { Alive: false } || RunStates.IsEnding(r.State)));

    private async Task<GuardStatus> ReadAsync(GuardAnswer answer, CancellationToken cancellationToken)
    {
        if (answer.ProgramIsMissing)
        {
            // Another version of Runctl started the run. Its guard is left alone; ours is brought to be asked.
            return await _guard.CallAsync<GuardStatus>(instanceId, StatusCommand, null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return RunctlJson.Read<GuardStatus>(answer.Require());
        }
        catch (JsonException e)
        {
            throw RunctlErrors.GuardAnswerInvalid(instanceId, 0, e.Message, e);
        }
    }

    /// <summary>Before anything is told: what has to be done for the instance does not wait for what is to be read from it.</summary>
    private async Task RepairAsync(GuardStatus status, IReadOnlyList<MonitoredRun> runs, CancellationToken cancellationToken)
    {
        const string Subject = "repair";
        try
        {
            var whole = RepairPlan.WithUnlisted(status, runs.Where(r => !r.IsOver).Select(r => r.Training));
            _isUrgent = IsUrgent(whole);
            await repair.LookAsync(whole, runs, cancellationToken).ConfigureAwait(false);
            await Task.WhenAll(runs.Select(r => r.WorksAsync(Subject))).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, the runs are told of it, and of their events.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            await Task.WhenAll(runs.Select(r => r.WarnAsync(Subject, e.GetType().Name,
                $"Runctl could not see whether the guard on {instanceId} needs help ({e.GetType().Name}: {e.Message}); it tries again."))).ConfigureAwait(false);
        }
    }

    private async Task TellAsync(GuardStatus status, MonitoredRun run, CancellationToken cancellationToken)
    {
        await TellImdsAsync(status, run).ConfigureAwait(false);
        if (await run.OnStatusAsync(status).ConfigureAwait(false))
        {
            Beside(run, token => FetchAsync(run, token), cancellationToken);
        }
    }

    private async Task FetchAsync(MonitoredRun run, CancellationToken cancellationToken)
    {
        try
        {
            await run.FetchAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (RunRefresher.MeansGone(e))
        {
            await OnGoneAsync(run, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Beside(MonitoredRun run, Func<CancellationToken, Task> act, CancellationToken cancellationToken) =>
        work.Track(run.BesideAsync(token => ForRunAsync(run, () => act(token), isCallFailure: false, token), cancellationToken));

    /// <summary>Does something for one run; what goes wrong is told to it, and silences no other.</summary>
    private async Task ForRunAsync(MonitoredRun run, Func<Task> act, bool isCallFailure, CancellationToken cancellationToken)
    {
        try
        {
            await act().ConfigureAwait(false);
        }
        catch (RunctlException e) when (RunRefresher.MeansGone(e))
        {
            Beside(run, token => OnGoneAsync(run, token), cancellationToken);
        }
        catch (RunctlException e)
        {
            await run.WarnAsync(MonitoredRun.Answering, e, isCallFailure ? ServiceWorks : $"Instance {instanceId} answers again; no event was lost.").ConfigureAwait(false);
        }
#pragma warning disable CA1031 // A defect of ours ends no monitoring.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            await run.OnDefectAsync(e).ConfigureAwait(false);
        }
    }

    private Task TellImdsAsync(GuardStatus status, MonitoredRun run) => status.Guard?.Imds switch
    {
        { } imds and ("disabled" or "unreachable" or "error") => run.WarnAsync("imds", imds,
            $"The metadata service of {instanceId} does not answer ({imds}): an interruption would not be seen.", $"The metadata service of {instanceId} answers again."),
        "ok" => run.WorksAsync("imds"),
        _ => Task.CompletedTask,
    };

    private async Task OnGoneAsync(MonitoredRun run, CancellationToken cancellationToken)
    {
        try
        {
            // While it shuts down the guard may still be saving and telling so in S3.
            var state = (await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false))?.State;
            _isUrgent = true;
            await run.OnGoneAsync(state is null or Ec2States.Terminated or Ec2States.Stopped, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e)
        {
            // EC2 or S3 does not answer either; the next round tries again.
            await run.WarnAsync(MonitoredRun.Answering, e, ServiceWorks).ConfigureAwait(false);
        }
    }
}
