using Runctl.Checkpoints;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Logs;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Reports;

/// <summary>Reads what the report of a run is made of. What cannot be read is left out, and the report says so.</summary>
internal sealed class ReportReader(ICloud cloud, RunctlConfiguration configuration, IProgress<ProgressUpdate> progress, TimeProvider time)
{
    /// <summary>How many instances are asked for checkpoints at once.</summary>
    private const int AtOnce = 8;

    /// <summary>A run without a bucket has its log on the instance; each call brings at most 22,000 packed bytes.</summary>
    private const int MostCalls = 40;

    private readonly List<string> _notes = [];

    /// <summary>The report of a run as it is now.</summary>
    public async Task<RunReport> ReadAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        Tell(training, "state");
        training = await RefreshAsync(training, cancellationToken).ConfigureAwait(false);
        var store = StoreOf(training);
        var record = store is null ? null : await TryAsync("The record of the run", () => store.ReadRecordAsync(training.RunId, cancellationToken), null).ConfigureAwait(false);
        if (store is null)
        {
            _notes.Add("The run has no bucket: what its instance does not tell any more is unknown.");
        }

        var now = time.GetUtcNow();
        var account = record is null ? null : await TryAsync("The cost of the run", () => AccountAsync(record, cancellationToken), null).ConfigureAwait(false);
        Tell(training, "events");
        var events = await TryAsync("The events of the run", () => EventsAsync(training, cancellationToken), []).ConfigureAwait(false);
        Tell(training, "checkpoints");
        var checkpoints = record is null ? null : await TryAsync("The checkpoints of the run", () => CheckpointsAsync(training, record, cancellationToken), null).ConfigureAwait(false);
        Tell(training, "log");
        var figures = new FigureLog();
        await TryAsync("The log of the run", () => LogAsync(store, record, training, figures, now, cancellationToken), false).ConfigureAwait(false);
        progress.Report(new ProgressUpdate("", "", IsOver: true));
        return RunReportBuilder.Build(new ReportMaterial
        {
            Training = training, Record = record, Account = account, Events = events, Checkpoints = checkpoints, Figures = figures, AsOf = now, Notes = _notes,
        });
    }

    private void Tell(RunctlTraining training, string what) => progress.Report(new ProgressUpdate($"Report of {training.RunId}", $"Reading its {what}"));

    private async Task<RunctlTraining> RefreshAsync(RunctlTraining training, CancellationToken cancellationToken) => await TryAsync("The state of the run", async () =>
    {
        var runs = new RunFinder(cloud, Settings(training), time);
        await foreach (var found in runs.FindAsync(new TrainingQuery { RunIds = [training.RunId] }, cancellationToken).ConfigureAwait(false))
        {
            return found;
        }

        _notes.Add("Neither a record nor a guard tells of the run any more: its state is that of the object that was given.");
        return training;
    }, training).ConfigureAwait(false);

    private RunctlConfiguration Settings(RunctlTraining training) => training.S3Bucket is { } bucket
        ? configuration with { S3Bucket = bucket, S3Prefix = training.S3Prefix ?? configuration.S3Prefix, RunPrefix = training.RunPrefix ?? configuration.RunPrefix }
        : configuration;

    private RunStore? StoreOf(RunctlTraining training) =>
        Settings(training) is { S3Bucket: { } bucket } settings ? new RunStore(cloud.Objects, bucket, settings.RunPrefix, time) : null;

    private async Task<RunAccount?> AccountAsync(RunRecord record, CancellationToken cancellationToken)
    {
        var instances = new InstanceStates(cloud, time);
        await instances.LookAsync(record.Attempts.Where(a => a is { State: "running", InstanceId.Length: > 0 }).Select(a => a.InstanceId!), cancellationToken).ConfigureAwait(false);
        return (await new RunAccounts(cloud, configuration, instances, time).MakeAsync([record], cancellationToken).ConfigureAwait(false)).GetValueOrDefault(record.RunId);
    }

    private async Task<IReadOnlyList<RunctlEvent>> EventsAsync(RunctlTraining training, CancellationToken cancellationToken)
    {
        var all = new List<RunctlEvent>();
        await foreach (var item in new EventHistory(cloud, Settings(training), time).ReadAsync(training, new EventOptions(), progress, _notes.Add, cancellationToken).ConfigureAwait(false))
        {
            all.Add(item);
        }

        return all;
    }

    private async Task<IReadOnlyList<RunctlCheckpoint>?> CheckpointsAsync(RunctlTraining training, RunRecord record, CancellationToken cancellationToken)
    {
        var catalog = new CheckpointCatalog(cloud, Settings(training));
        var found = new System.Collections.Concurrent.ConcurrentBag<RunctlCheckpoint>();
        var refused = 0;
        await Parallel.ForEachAsync(record.Attempts.Select(a => a.InstanceId).Where(id => !string.IsNullOrEmpty(id)).Distinct(StringComparer.Ordinal), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (instance, token) =>
        {
            await foreach (var checkpoint in catalog.FindAsync(training.RunId, instance, null, token, _ => Interlocked.Increment(ref refused)).ConfigureAwait(false))
            {
                found.Add(checkpoint);
            }
        }).ConfigureAwait(false);
        if (refused > 0)
        {
            _notes.Add($"{refused} {(refused == 1 ? "manifest" : "manifests")} of checkpoints cannot be used and {(refused == 1 ? "is" : "are")} left out; Get-RunctlCheckpoint names them.");
        }

        return [.. found];
    }

    private async Task<bool> LogAsync(RunStore? store, RunRecord? record, RunctlTraining training, FigureLog into, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var end = 0L;
        if (store is not null && record is not null)
        {
            var sampler = new LogSampler(cloud.Objects, store, training.RunId, into);
            var attempts = record.Attempts.Where(a => a.Started is not null).GroupBy(a => a.Number).Select(g => g.Last()).OrderBy(a => a.Number);
            await sampler.ListAsync(attempts.Select(a => (a.Number, a.Started!.Value, a.Ended ?? now)), cancellationToken).ConfigureAwait(false);
            await sampler.ReadAsync(cancellationToken).ConfigureAwait(false);
            end = sampler.EndOf(training.Attempt);
        }

        if (training is { HasEnded: false, InstanceId.Length: > 0, Started: { } started } || (store is null && training.InstanceId.Length > 0))
        {
            await ReadFromGuardAsync(training, end, into, training.Started ?? now, training.Ended ?? now, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>What S3 does not have yet, or all of a run without a bucket. Without segments its lines are taken as evenly spread.</summary>
    private async Task ReadFromGuardAsync(RunctlTraining training, long offset, FigureLog into, DateTimeOffset started, DateTimeOffset ended, CancellationToken cancellationToken)
    {
        var guard = new GuardLog(cloud, training, training.Attempt, time);
        var decoder = new LineDecoder();
        var lines = new List<string>();
        try
        {
            for (var call = 0; call < MostCalls; call++)
            {
                var chunk = await guard.ReadAsync(offset, cancellationToken).ConfigureAwait(false);
                lines.AddRange(decoder.Append(chunk.Data));
                into.TotalBytes += chunk.Data.Length;
                into.ReadBytes += chunk.Data.Length;
                offset = chunk.NextOffset;
                if (chunk.IsCaughtUp || chunk.Ended || chunk.Data.IsEmpty)
                {
                    break;
                }

                into.TotalBytes += call == MostCalls - 1 ? Math.Max(0, chunk.Size - chunk.NextOffset) : 0;
            }
        }
        catch (RunctlException e)
        {
            _notes.Add($"What the run printed last is not in the report: {e.Message}");
        }

        var from = into.Steps.Count > 0 ? into.Steps[^1].Time : started;
        from = from < started ? started : from;
        for (var i = 0; i < lines.Count; i++)
        {
            into.Add(lines[i], from + ((ended - from) * ((i + 1.0) / lines.Count)), training.Attempt);
        }
    }

    private async Task<T> TryAsync<T>(string what, Func<Task<T>> read, T otherwise)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (RunctlException e)
        {
            _notes.Add($"{what} could not be read: {e.Message}");
            return otherwise;
        }
    }
}
