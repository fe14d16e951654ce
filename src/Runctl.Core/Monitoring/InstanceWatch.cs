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
/// <param name="repairs">Bounds how many guards are being started at once.</param>
/// <param name="time">The clock.</param>
internal sealed class InstanceWatch(ICloud cloud, string instanceId, SemaphoreSlim repairs, TimeProvider time)
{
    /// <summary>What is asked; the newest events come along, as many as fit.</summary>
    public static readonly string[] StatusCommand = ["status", "--events", "20"];

    /// <summary>How often to ask while something happens, or while no guard lives and nobody else looks.</summary>
    private static readonly TimeSpan UrgentInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);

    private readonly GuardClient _guard = new(cloud, time);
    private readonly GuardRepair _repair = new(cloud, instanceId, repairs, time);
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

    /// <summary>Takes an answer in; its errors are told, not thrown.</summary>
    public async Task TakeAsync(GuardAnswer answer, IReadOnlyList<MonitoredRun> runs, CancellationToken cancellationToken)
    {
        try
        {
            var status = await ReadAsync(answer, cancellationToken).ConfigureAwait(false);
            _isUrgent = IsUrgent(status);
            await _repair.LookAsync(status, runs, cancellationToken).ConfigureAwait(false);
            foreach (var run in runs)
            {
                await TellImdsAsync(status, run).ConfigureAwait(false);
                await TellStatusAsync(status, run, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (RunctlException e)
        {
            foreach (var run in runs)
            {
                await FailAsync(run, e, answer.IsCallFailure, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Returns when no repair is under way any more.</summary>
    public Task WhenIdleAsync() => _repair.WhenIdleAsync();

    private static bool IsUrgent(GuardStatus status) => (status.Runs ?? []).Any(r => !r.HasEnded
        && (status.Notice is not null || status.Guard is { Alive: false } || r.State is "interrupting" or "stopping"));

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

    private async Task TellStatusAsync(GuardStatus status, MonitoredRun run, CancellationToken cancellationToken)
    {
        try
        {
            await run.OnStatusAsync(status, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e)
        {
            await FailAsync(run, e, isCallFailure: false, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task TellImdsAsync(GuardStatus status, MonitoredRun run) => status.Guard?.Imds switch
    {
        { } imds and ("disabled" or "unreachable" or "error") => run.WarnAsync("imds", imds,
            $"The metadata service of {instanceId} does not answer ({imds}): an interruption would not be seen.", $"The metadata service of {instanceId} answers again."),
        "ok" => run.WorksAsync("imds"),
        _ => Task.CompletedTask,
    };

    private async Task FailAsync(MonitoredRun run, RunctlException error, bool isCallFailure, CancellationToken cancellationToken)
    {
        if (!TrainingReader.MeansGone(error))
        {
            await run.WarnAsync(MonitoredRun.Answering, error, isCallFailure ? "AWS answers again; no event was lost." : $"Instance {instanceId} answers again; no event was lost.").ConfigureAwait(false);
            return;
        }

        try
        {
            // While it shuts down the guard may still be saving and telling so in S3.
            var state = (await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false))?.State;
            _isUrgent = true;
            await run.OnGoneAsync(state is null or "terminated" or "stopped", cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e)
        {
            // EC2 or S3 does not answer either; the next round tries again.
            await run.WarnAsync(MonitoredRun.Answering, e, "AWS answers again; no event was lost.").ConfigureAwait(false);
        }
    }
}
