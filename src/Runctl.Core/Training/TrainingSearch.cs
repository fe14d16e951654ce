using System.Collections.Concurrent;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>One search for runs: records from S3, states from guards, the fresher of both for each run.</summary>
internal sealed class TrainingSearch(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    private readonly RunStore? _store = configuration.S3Bucket is { } bucket ? new RunStore(cloud.Objects, bucket, configuration.RunPrefix, time) : null;
    private readonly TrainingView _view = new(cloud, configuration);

    /// <summary>The runs that match, newest first.</summary>
    public async Task<IReadOnlyList<RunctlTraining>> FindAsync(string? runId, string? instanceId, CancellationToken cancellationToken)
    {
        var records = await ReadRecordsAsync(runId, instanceId, cancellationToken).ConfigureAwait(false);
        var instances = await FindInstancesAsync(runId, instanceId, records, cancellationToken).ConfigureAwait(false);
        var states = await AskGuardsAsync([.. instances.Where(i => i.State == "running").Select(i => i.InstanceId)], cancellationToken).ConfigureAwait(false);
        var byId = instances.ToDictionary(i => i.InstanceId, StringComparer.Ordinal);
        var found = new Dictionary<string, RunctlTraining>(StringComparer.Ordinal);
        foreach (var (record, script) in records)
        {
            if (record.Newest() is { } newest)
            {
                var gone = newest.InstanceId is { } id && byId.GetValueOrDefault(id) is not { State: "pending" or "running" };
                found[record.RunId] = _view.Of(record, newest, script, gone);
            }
        }

        foreach (var (instance, state) in states)
        {
            // The guard is ahead of the record, unless the run has gone on elsewhere since.
            if (!found.TryGetValue(state.RunId, out var known) || known.Attempt <= state.Attempt)
            {
                var project = byId[instance].Tags.GetValueOrDefault(RunctlTags.Project);
                found[state.RunId] = _view.Of(state, instance, known?.Script, known?.ProjectName ?? project);
            }
        }

        var ended = records.SelectMany(r => r.Record.Attempts).Select(a => a.InstanceId).OfType<string>().Where(id => byId.GetValueOrDefault(id) is not { State: "pending" or "running" }).ToHashSet(StringComparer.Ordinal);
        var accounts = await new RunAccounts(cloud, configuration, time).MakeAsync([.. records.Select(r => r.Record)], ended, cancellationToken).ConfigureAwait(false);
        return [.. found.Values
            .Select(t => accounts.TryGetValue(t.RunId, out var account) ? t with { Interruptions = account.Interruptions, TotalStepsLost = account.StepsLost, Duration = account.Duration, Spent = account.Spent, Saved = account.Saved } : t)
            .Where(t => (runId is null || t.RunId == runId) && (instanceId is null || t.InstanceId == instanceId || records.Exists(r => r.Record.RunId == t.RunId)))
            .OrderByDescending(t => t.Started ?? DateTimeOffset.MaxValue).ThenBy(t => t.RunId, StringComparer.Ordinal)];
    }

    private async Task<List<(RunRecord Record, string? Script)>> ReadRecordsAsync(string? runId, string? instanceId, CancellationToken cancellationToken)
    {
        if (_store is null)
        {
            return [];
        }

        var ids = new List<string>();
        if (runId is not null)
        {
            ids.Add(runId);
        }
        else
        {
            await foreach (var id in _store.ListAsync(cancellationToken).ConfigureAwait(false))
            {
                ids.Add(id);
            }
        }

        var found = new ConcurrentBag<(RunRecord Record, string? Script)>();
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (id, token) =>
        {
            if (await _store.ReadRecordAsync(id, token).ConfigureAwait(false) is { } record && (instanceId is null || record.Attempts.Any(a => a.InstanceId == instanceId)))
            {
                found.Add((record, await ReadScriptAsync(_store, id, token).ConfigureAwait(false)));
            }
        }).ConfigureAwait(false);
        return [.. found];
    }

    /// <summary>The script of a run. One specification that is not usable hides no other run; a resume says what is wrong with it.</summary>
    private static async Task<string?> ReadScriptAsync(RunStore store, string runId, CancellationToken cancellationToken)
    {
        try
        {
            return (await store.ReadSpecAsync(runId, cancellationToken).ConfigureAwait(false))?.Script;
        }
        catch (RunctlException e) when (e.Kind == ErrorKind.InvalidData)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<RunctlInstance>> FindInstancesAsync(string? runId, string? instanceId, List<(RunRecord Record, string? Script)> records, CancellationToken cancellationToken)
    {
        var ids = records.Select(r => r.Record.Newest()).Where(a => a is { State: "claimed" or "running", InstanceId: not null }).Select(a => a!.InstanceId!).ToHashSet(StringComparer.Ordinal);
        if (instanceId is not null)
        {
            ids.Add(instanceId);
        }

        var found = new List<RunctlInstance>();
        if (ids.Count > 0)
        {
            found.AddRange(await cloud.Instances.FindAsync(new InstanceQuery { InstanceIds = [.. ids] }, cancellationToken).ConfigureAwait(false));
        }

        if (instanceId is null && (runId is null || records.Count == 0))
        {
            // Tags stand in for records where there is no bucket.
            var tag = runId is null ? RunctlTags.Managed : RunctlTags.RunId;
            var tagged = await cloud.Instances.FindAsync(new InstanceQuery { Tags = new Dictionary<string, string?> { [tag] = runId }, States = ["running"] }, cancellationToken).ConfigureAwait(false);
            found.AddRange(tagged.Where(i => !ids.Contains(i.InstanceId)));
        }

        return found;
    }

    private async Task<List<(string Instance, RunState State)>> AskGuardsAsync(IReadOnlyCollection<string> instances, CancellationToken cancellationToken)
    {
        var states = new List<(string, RunState)>();
        if (instances.Count == 0)
        {
            return states;
        }

        var answers = await new GuardGroupClient(cloud, time).AskAsync(instances, ["status", "--events", "0", "--max-bytes", "2400"], cancellationToken).ConfigureAwait(false);
        foreach (var answer in answers.Values)
        {
            // No program means no runs. Who can not be reached is shown as the records know him.
            if (answer.Value is { } value)
            {
                states.AddRange((RunctlJson.Read<GuardStatus>(value).Runs ?? []).Select(s => (answer.InstanceId, s)));
            }
            else if (answer.Error is { Kind: ErrorKind.Defect or ErrorKind.InvalidData } defect)
            {
                throw defect;
            }
        }

        return states;
    }
}
