using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Stops a run for good: its training saves and ends, and no session or guard continues it afterwards.</summary>
/// <param name="cloud">The connection.</param>
/// <param name="time">The clock.</param>
/// <param name="stopAttempt">Stops the training of one attempt on its instance.</param>
internal sealed class RunStop(ICloud cloud, TimeProvider time, Func<RunctlTraining, Task<RunctlTraining>> stopAttempt)
{
    /// <summary>Clocks differ.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private readonly RunRefresher _refresher = new(cloud, time);

    /// <summary>Told of what could not be removed and costs money.</summary>
    public Action<string> OnWarning { get; init; } = static _ => { };

    /// <summary>Stops.</summary>
    public async Task<RunctlTraining> RunAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        if (_refresher.StoreOf(training) is not { } store)
        {
            return await stopAttempt(training).ConfigureAwait(false);
        }

        var ended = new Dictionary<int, RunctlTraining>();
        var taken = new List<AttemptRecord>();
        while (true)
        {
            if (await store.ReadRecordAsync(training.RunId, cancellationToken).ConfigureAwait(false) is not { } record)
            {
                // Its guard has not begun the record.
                return await stopAttempt(training).ConfigureAwait(false);
            }

            var step = StopStep.Of(record, ended.ToDictionary(e => e.Key, e => e.Value.State));
            switch (step.Kind)
            {
                case StopKind.TakeBack:
                    await TakeBackAsync(store, record.RunId, step.Attempt!, cancellationToken).ConfigureAwait(false);
                    taken.Add(step.Attempt!);
                    break;
                case StopKind.End:
                    ended[step.Attempt!.Number] = await stopAttempt(_refresher.ViewOf(training, record, step.Attempt)).ConfigureAwait(false);
                    break;
                case StopKind.Mark:
                    await MarkAsync(store, record, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    await RemoveAsync(record, taken, cancellationToken).ConfigureAwait(false);
                    return record is { IsStopped: false } && record.Current() is { } current && ended.TryGetValue(current.Number, out var told) ? told : _refresher.ViewOf(training, record, record.Current()!);
            }
        }
    }

    /// <summary>The instances that a resume launched for a claim, and that no attempt was started on.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="record">The record.</param>
    /// <param name="instances">The instances with the run's tag, and that of the claim.</param>
    internal static IEnumerable<RunctlInstance> LaunchedFor(AttemptRecord claim, RunRecord record, IEnumerable<RunctlInstance> instances)
    {
        var trained = record.Attempts.Where(a => a.Started is not null || a.Number == 1).Select(a => a.InstanceId).ToHashSet(StringComparer.Ordinal);
        return instances.Where(i => i.IsManaged && !trained.Contains(i.InstanceId) && i.LaunchTime is { } launched && launched >= claim.Claimed - Skew);
    }

    /// <summary>A guard that has taken the claim meanwhile keeps it: its training is stopped next.</summary>
    private Task<RunRecord?> TakeBackAsync(RunStore store, string runId, AttemptRecord claim, CancellationToken cancellationToken) => store.ChangeAsync(
        runId,
        record => record.Attempts.FirstOrDefault(a => a.Nonce == claim.Nonce) is { State: RunStates.Claimed } open ? record.With(open with { State = RunStates.Stopped, Ended = time.GetUtcNow() }) : null,
        cancellationToken);

    private Task<RunRecord?> MarkAsync(RunStore store, RunRecord seen, CancellationToken cancellationToken)
    {
        var nonce = Guid.NewGuid().ToString("N");
        var number = seen.Newest()!.Number;
        return store.ChangeAsync(
            seen.RunId,
            record => record.Newest()!.Number != number ? null : record.With(new AttemptRecord
            {
                Number = number + 1,
                Nonce = nonce,
                State = RunStates.Stopped,
                Claimed = time.GetUtcNow(),
                ClaimedBy = Environment.MachineName,
                Ended = time.GetUtcNow(),
                Phases = [],
            }),
            cancellationToken);
    }

    /// <summary>The session of a resume removes what it launched; one that is gone cannot.</summary>
    private async Task RemoveAsync(RunRecord record, List<AttemptRecord> taken, CancellationToken cancellationToken)
    {
        if (taken.Count == 0)
        {
            return;
        }

        var tagged = await cloud.Instances.FindAsync(new InstanceQuery { Tags = new Dictionary<string, string?> { [RunctlTags.RunId] = record.RunId }, States = InstanceQuery.LiveStates }, cancellationToken).ConfigureAwait(false);
        foreach (var instance in taken.SelectMany(claim => LaunchedFor(claim, record, tagged)).DistinctBy(i => i.InstanceId))
        {
            try
            {
                await new InstanceRemoval(cloud).RemoveAsync(instance, cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException e) when (e.Id != ErrorIds.InstanceNotFound)
            {
                OnWarning($"Instance {instance.InstanceId}, which a resume launched for run {record.RunId}, still runs and costs money: {e.Message} Remove it with Remove-RunctlInstance {instance.InstanceId}.");
            }
        }
    }
}
