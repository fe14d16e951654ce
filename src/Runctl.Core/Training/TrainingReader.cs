using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Brings what is known of a run up to date: from its guard while the instance lives, from its record afterwards.</summary>
internal sealed class TrainingReader(ICloud cloud, TimeProvider time)
{
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

    /// <summary>What the record says once the instance is gone; "lost" where nobody wrote down an end.</summary>
    public async Task<RunctlTraining> ReadRecordAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        var record = StoreOf(training) is { } store ? await store.ReadRecordAsync(training.RunId, cancellationToken).ConfigureAwait(false) : null;
        // A notice that was withdrawn has a run go on in another attempt on the same instance.
        var attempt = record?.Attempts.Where(a => a.Number == training.Attempt || (a.Number > training.Attempt && a.InstanceId == training.InstanceId)).MaxBy(a => a.Number);
        return attempt is null
            ? training.With(copy => { copy.State = training.HasEnded ? training.State : RunStates.Lost; copy.ProcessId = null; })
            : View(training).Of(record!, attempt, training.Script, instanceIsGone: true).With(copy => { copy.InstanceId = training.InstanceId; copy.MonitorJob = training.MonitorJob; });
    }

    /// <summary>A run with what its guard says of it.</summary>
    public RunctlTraining Apply(RunctlTraining training, RunState state) =>
        View(training).Of(state, training.InstanceId, training.Script, training.ProjectName).With(copy => copy.MonitorJob = training.MonitorJob);

    /// <summary>The run's records, where it has a bucket.</summary>
    public RunStore? StoreOf(RunctlTraining training) =>
        training is { S3Bucket: { } bucket, RunPrefix: { } prefix } ? new RunStore(cloud.Objects, bucket, prefix, time) : null;

    /// <summary>Whether an error says that the instance will never answer again.</summary>
    public static bool MeansGone(RunctlException error) => error.Id is ErrorIds.InstanceGone or ErrorIds.InstanceNotFound;

    /// <summary>Whether EC2 says that nothing runs on the instance any more.</summary>
    public async Task<bool> IsGoneAsync(string instanceId, CancellationToken cancellationToken) =>
        await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false) is not { State: Ec2States.Pending or Ec2States.Running };

    private TrainingView View(RunctlTraining training) =>
        new(cloud, training is { S3Bucket: { } bucket } ? new StoreReference(bucket, training.S3Prefix ?? "", training.RunPrefix ?? "") : null);
}
