using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Finds runs, by asking their guards and reading their records in S3, and stops them.</summary>
public sealed class TrainingCatalog(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    private readonly TrainingReader _reader = new(cloud, time);

    /// <summary>Told of what keeps a search from being cheap; what it finds is right all the same.</summary>
    public Action<string>? OnUnknown { get; init; }

    /// <summary>Told of a run that cannot be read, and why. Where it is null, that ends the search.</summary>
    public Action<string, RunctlException>? OnFailed { get; init; }

    /// <summary>The run with an id, or the runs with an attempt on an instance, by their records: for what is done with them.</summary>
    /// <param name="runId">Only this run, or null.</param>
    /// <param name="instanceId">Only runs with an attempt on this instance, or null.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public IAsyncEnumerable<RunctlTraining> FindAsync(string? runId, string? instanceId, CancellationToken cancellationToken) => FindAsync(
        new TrainingQuery { RunIds = runId is null ? null : [runId], InstanceIds = runId is not null || instanceId is null ? null : [instanceId], ToAct = true }, cancellationToken);

    /// <summary>Runs by id; by instance; or all that are known (records in S3, instances with Runctl's tags), newest first, as they are found. Works after an instance is gone where there is a bucket.</summary>
    public IAsyncEnumerable<RunctlTraining> FindAsync(TrainingQuery query, CancellationToken cancellationToken) =>
        new TrainingSearch(cloud, configuration, time) { OnUnknown = OnUnknown, OnFailed = OnFailed }.FindAsync(query, cancellationToken);

    /// <summary>An attempt of a run, as its record has it.</summary>
    /// <param name="training">The run.</param>
    /// <param name="number">The number of the attempt, from 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RunctlException">AttemptNotFound.</exception>
    public async Task<RunctlTraining> GetAttemptAsync(RunctlTraining training, int number, CancellationToken cancellationToken)
    {
        if (number == training.Attempt)
        {
            return training;
        }

        var record = _reader.StoreOf(training) is { } store ? await store.ReadRecordAsync(training.RunId, cancellationToken).ConfigureAwait(false) : null;
        return record?.Attempts.FirstOrDefault(a => a.Number == number) is { } attempt
            ? _reader.ViewOf(training, record, attempt, attempt.InstanceId is { } id && await _reader.IsGoneAsync(id, cancellationToken).ConfigureAwait(false))
            : throw RunctlErrors.AttemptNotFound(training.RunId, number, Math.Max(training.Attempt, record?.Newest()?.Number ?? 0));
    }

    /// <summary>Stops a run for good: its training saves and ends as at an interruption, and no session or guard continues it. A resume that is under way is taken back.</summary>
    /// <param name="training">The run.</param>
    /// <param name="gracePeriod">Longest wait for the training to save after the signal.</param>
    /// <param name="warn">Told of what could not be removed and costs money.</param>
    /// <param name="cancellationToken">Ends the waiting, not the save.</param>
    public Task<RunctlTraining> StopAsync(RunctlTraining training, TimeSpan gracePeriod, Action<string> warn, CancellationToken cancellationToken) =>
        new RunStop(cloud, time, attempt => StopAttemptAsync(attempt, gracePeriod, cancellationToken)) { OnWarning = warn }.RunAsync(training, cancellationToken);

    /// <summary>Waits for the end of a run, through its resumes.</summary>
    /// <param name="training">The run.</param>
    /// <param name="pollInterval">Longest pause between two questions.</param>
    /// <param name="resumesHere">Whether a monitor of this session resumes the run.</param>
    /// <param name="warn">Told of an end that is not the run's own, and that nothing continues.</param>
    /// <param name="progress">Told how it stands.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task<RunctlTraining> WaitAsync(
        RunctlTraining training, TimeSpan pollInterval, Func<bool> resumesHere, Action<string> warn, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken) =>
        new RunWait(cloud, time) { ResumesHere = resumesHere, OnWarning = warn }.RunAsync(training, pollInterval, progress, cancellationToken);

    /// <summary>Stops the training of one attempt on its instance: same sequence as an interruption, checkpoint uploaded too.</summary>
    internal async Task<RunctlTraining> StopAttemptAsync(RunctlTraining training, TimeSpan gracePeriod, CancellationToken cancellationToken)
    {
        var grace = gracePeriod.TotalSeconds.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            await new GuardClient(cloud, time).CallAsync(training.InstanceId, ["stop", "--run", training.RunId, "--grace", grace, "--no-wait"], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (TrainingReader.MeansGone(e))
        {
            return await _reader.ReadRecordAsync(training, cancellationToken).ConfigureAwait(false);
        }

        // The save and the upload take their time; a command that waited for them would sit in one of the agent's five places.
        return await WaitForAttemptAsync(training, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until an attempt has ended on its instance.</summary>
    private async Task<RunctlTraining> WaitForAttemptAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), time);
        while (true)
        {
            try
            {
                training = await _reader.RefreshAsync(training, cancellationToken).ConfigureAwait(false);
                if (RunStates.IsEnded(training.State))
                {
                    await _reader.SettleAsync(training, cancellationToken).ConfigureAwait(false);
                    return training;
                }
            }
            catch (RunctlException e) when (e.IsTransient)
            {
                // The guard goes on whether it is reached or not.
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
