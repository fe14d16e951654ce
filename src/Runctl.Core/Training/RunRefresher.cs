using Runctl.Errors;
using Runctl.Events;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Brings what is known of a run up to date: from its guard while the instance lives, from its record afterwards.</summary>
internal sealed class RunRefresher(ICloud cloud, TimeProvider time)
{
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(10);

    private readonly GuardClient _guard = new(cloud, time);

    /// <summary>The run as it stands now.</summary>
    public async Task<RunctlTraining> RefreshAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        try
        {
            var status = await _guard.CallAsync<GuardStatus>(training.InstanceId, ["status", "--run", training.RunId, "--events", "0", "--max-bytes", "20000"], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
            return status.Runs is [var state, ..] ? Apply(training, state) : throw RunctlErrors.RunNotFound(training.RunId);
        }
        catch (RunctlException e) when (MeansGone(e))
        {
            return await ReadRecordAsync(training, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What the record says once the instance is gone; "lost" if the record has no end.</summary>
    public async Task<RunctlTraining> ReadRecordAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        var record = StoreOf(training) is { } store ? await store.ReadRecordAsync(training.RunId, cancellationToken).ConfigureAwait(false) : null;
        // A notice that was withdrawn has a run go on in another attempt on the same instance.
        var attempt = record?.Attempts.Where(a => a.Number == training.Attempt || (a.Number > training.Attempt && a.InstanceId == training.InstanceId)).MaxBy(a => a.Number);
        return attempt is null
            ? training.With(copy => { copy.State = training.AttemptHasEnded ? training.State : RunStates.Lost; copy.ProcessId = null; })
            : View(training).Of(record!, attempt, training.Script, instanceIsGone: true).With(copy => { copy.InstanceId = training.InstanceId; copy.MonitorJob = training.MonitorJob; });
    }

    /// <summary>A run with what its guard says of it.</summary>
    public RunctlTraining Apply(RunctlTraining training, RunState state) =>
        View(training).Of(state, training.InstanceId, training.Script, training.ProjectName).With(copy => copy.MonitorJob = training.MonitorJob);

    /// <summary>What a record says of an attempt.</summary>
    public RunctlTraining ViewOf(RunctlTraining training, RunRecord record, AttemptRecord attempt, bool instanceIsGone = false) =>
        View(training).Of(record, attempt, training.Script, instanceIsGone).With(copy => copy.MonitorJob = training.MonitorJob);

    /// <summary>The attempt that the run is on by its record, if that is another one than what is known, or else what is known.</summary>
    /// <param name="training">What is known, from a guard or from the record as it was.</param>
    /// <param name="record">The record.</param>
    /// <param name="claim">The open claim to the newest attempt, or null. One that cannot be carried through counts for nothing.</param>
    public RunctlTraining Newer(RunctlTraining training, RunRecord record, AttemptRecord? claim)
    {
        if (record.Current() is not { } current)
        {
            return training;
        }

        var isDead = current.State == RunStates.Claimed && claim is null;
        current = isDead ? record.Attempts.Where(a => a.Started is not null).MaxBy(a => a.Number) ?? current : current;
        return current.Number > training.Attempt || record.IsStopped || training.State == RunStates.Claimed
            ? ViewOf(training, record, current, instanceIsGone: isDead && current.State == RunStates.Claimed) : training;
    }

    /// <summary>The newest events that the guard of the run has.</summary>
    public async Task<IReadOnlyList<RunctlEvent>> ReadEventsThereAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        try
        {
            var status = await _guard.CallAsync<GuardStatus>(training.InstanceId, ["status", "--run", training.RunId, "--events", "20", "--max-bytes", "20000"], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
            return status.Events ?? [];
        }
        catch (RunctlException e) when (MeansGone(e))
        {
            return [];
        }
    }

    /// <summary>Its record in S3, by which it is resumed, has the end a moment later; longer only where S3 does not answer its guard, which is not waited for.</summary>
    public async Task SettleAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(SettleTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var backoff = new Backoff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1), time);
        try
        {
            while (training.State != RunStates.Lost && StoreOf(training) is { } store
                && await store.ReadRecordAsync(training.RunId, either.Token).ConfigureAwait(false) is { } record && !record.Attempts.Any(a => a.Number == training.Attempt && a.HasEnded))
            {
                await backoff.WaitAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is RunctlException or OperationCanceledException)
        {
            // How it ended is known all the same.
        }
    }

    /// <summary>The run's records, where it has a bucket.</summary>
    public RunStore? StoreOf(RunctlTraining training) =>
        training is { S3Bucket: { } bucket, RunPrefix: { } prefix } ? new RunStore(cloud.Objects, bucket, prefix, time) : null;

    /// <summary>Whether an error says that the instance will never answer again.</summary>
    public static bool MeansGone(RunctlException error) => error.Id is ErrorIds.InstanceGone or ErrorIds.InstanceNotFound;

    /// <summary>Whether EC2 says that nothing runs on the instance any more.</summary>
    public async Task<bool> IsGoneAsync(string instanceId, CancellationToken cancellationToken) =>
        await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false) is not { State: Ec2States.Pending or Ec2States.Running };

    private RunProjection View(RunctlTraining training) =>
        new(cloud, training is { S3Bucket: { } bucket } ? new StoreReference(bucket, training.S3Prefix ?? "", training.RunPrefix ?? "") : null);
}
