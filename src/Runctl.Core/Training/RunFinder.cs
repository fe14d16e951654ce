using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Finds runs, by asking their guards and reading their records in S3.</summary>
public sealed class RunFinder(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    private readonly RunRefresher _refresher = new(cloud, time);

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
        new RunSearch(cloud, configuration, time) { OnUnknown = OnUnknown, OnFailed = OnFailed }.FindAsync(query, cancellationToken);

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

        var record = _refresher.StoreOf(training) is { } store ? await store.ReadRecordAsync(training.RunId, cancellationToken).ConfigureAwait(false) : null;
        return record?.Attempts.FirstOrDefault(a => a.Number == number) is { } attempt
            ? _refresher.ViewOf(training, record, attempt, attempt.InstanceId is { } id && await _refresher.IsGoneAsync(id, cancellationToken).ConfigureAwait(false))
            : throw RunctlErrors.AttemptNotFound(training.RunId, number, Math.Max(training.Attempt, record?.Newest()?.Number ?? 0));
    }
}
