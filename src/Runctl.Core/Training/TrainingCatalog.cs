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
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(10);

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

    /// <summary>Stops a run gracefully: same sequence as an interruption, checkpoint uploaded too.</summary>
    public async Task<RunctlTraining> StopAsync(RunctlTraining training, TimeSpan gracePeriod, CancellationToken cancellationToken)
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
        return await WaitAsync(training, TimeSpan.FromSeconds(2), new Ignore(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until a run has ended on its instance.</summary>
    public async Task<RunctlTraining> WaitAsync(RunctlTraining training, TimeSpan pollInterval, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        var first = pollInterval < TimeSpan.FromSeconds(1) ? pollInterval : TimeSpan.FromSeconds(1);
        var backoff = new Backoff(first, pollInterval, time);
        while (true)
        {
            try
            {
                training = await _reader.RefreshAsync(training, cancellationToken).ConfigureAwait(false);
                if (training.HasEnded)
                {
                    await SettleAsync(training, cancellationToken).ConfigureAwait(false);
                    return training;
                }

                var step = training.LastStep is { } last ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $", step {last}") : "";
                progress.Report(new ProgressUpdate($"Waiting for {training.RunId}", $"{training.State} on {training.InstanceId}{step}"));
            }
            catch (RunctlException e) when (e.IsTransient)
            {
                progress.Report(new ProgressUpdate($"Waiting for {training.RunId}", e.Message));
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Its record in S3, by which it is resumed, has the end a moment later; longer only where S3 does not answer its guard, which is not waited for.</summary>
    private async Task SettleAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(SettleTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var backoff = new Backoff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1), time);
        try
        {
            while (training.State != RunStates.Lost && _reader.StoreOf(training) is { } store
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

    private sealed class Ignore : IProgress<ProgressUpdate>
    {
        public void Report(ProgressUpdate value)
        {
            // Stopping shows no progress of its own.
        }
    }
}
