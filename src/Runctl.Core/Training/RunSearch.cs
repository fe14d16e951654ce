using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>
/// One search for runs: the index from S3, states from guards, the fresher of both for each run. A run's record is read where the index does not say enough,
/// and where a claim or a training that it tells of is not confirmed by its guard. Runs are handed on in groups, newest first.
/// </summary>
internal sealed class RunSearch(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>So many runs that are named are read one by one; more are cheaper to list.</summary>
    private const int MostRead = 50;

    /// <summary>How many records are read or entries written at once.</summary>
    private const int AtOnce = 8;

    /// <summary>The runs of the first group: their instances are asked by one command. Each group is four times as big as the one before.</summary>
    private const int FirstGroup = 50;

    private const int LargestGroup = 2000;

    private readonly RunStore? _store = configuration.S3Bucket is { } bucket ? new RunStore(cloud.Objects, bucket, configuration.RunPrefix, time) : null;
    private readonly RunProjection _view = new(cloud, configuration);
    private readonly InstanceStates _instances = new(cloud, time);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);
    private readonly List<RunctlInstance> _tagged = [];
    private ILookup<string, string>? _taggedRuns;
    private RunAccounts? _accounts;
    private HashSet<string>? _runIds;
    private HashSet<string>? _instanceIds;
    private bool _mayWrite = true;

    /// <summary>Told of what keeps the search from being cheap; what it finds is right all the same.</summary>
    public Action<string>? OnUnknown { get; init; }

    /// <summary>Told of a run that cannot be read, and why. Where it is null, that ends the search.</summary>
    public Action<string, RunctlException>? OnFailed { get; init; }

    /// <summary>The runs that match. A search is made once.</summary>
    public async IAsyncEnumerable<RunctlTraining> FindAsync(TrainingQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _runIds = query.RunIds?.ToHashSet(StringComparer.Ordinal);
        _instanceIds = query.InstanceIds?.ToHashSet(StringComparer.Ordinal);
        _accounts = new RunAccounts(cloud, configuration, _instances, time);
        await LookAsync(cancellationToken).ConfigureAwait(false);
        var group = new List<KnownRun>();
        var size = FirstGroup;
        await foreach (var run in RunsAsync(cancellationToken).ConfigureAwait(false))
        {
            group.Add(run);
            if (group.Count == size)
            {
                foreach (var training in await CompleteAsync(group, query.ToAct, cancellationToken).ConfigureAwait(false))
                {
                    yield return training;
                }

                group.Clear();
                size = Math.Min(size * 4, LargestGroup);
            }
        }

        foreach (var training in await CompleteAsync(group, query.ToAct, cancellationToken).ConfigureAwait(false))
        {
            yield return training;
        }

        // Runs without a bucket, and those whose record could not be written, are known by their guards only.
        await _instances.AskAsync(_tagged.Select(i => i.InstanceId), cancellationToken).ConfigureAwait(false);
        foreach (var (instance, state) in _instances.States.Values
            .Where(s => !_shown.Contains(s.State.RunId) && _runIds?.Contains(s.State.RunId) != false && _instanceIds?.Contains(s.InstanceId) != false)
            .OrderByDescending(s => s.State.Started ?? DateTimeOffset.MaxValue).ThenBy(s => s.State.RunId, StringComparer.Ordinal))
        {
            yield return _view.Of(state, instance, null, _instances.Find(instance)!.Tags.GetValueOrDefault(RunctlTags.Project));
        }
    }

    /// <summary>Few that are named are read; all others are listed.</summary>
    private bool IsListed => _runIds is not { Count: <= MostRead };

    /// <summary>Looks up the instances that are asked whatever the bucket says. Tags stand in for records where there is none.</summary>
    private async Task LookAsync(CancellationToken cancellationToken)
    {
        if (_instanceIds is not null)
        {
            await _instances.AskAsync(_instanceIds, cancellationToken).ConfigureAwait(false);
        }
        else if (IsListed)
        {
            _tagged.AddRange(await _instances.FindByTagAsync(RunctlTags.Managed, null, cancellationToken).ConfigureAwait(false));
            _taggedRuns = _tagged.Where(i => i.Tags.ContainsKey(RunctlTags.RunId)).ToLookup(i => i.Tags[RunctlTags.RunId], i => i.InstanceId, StringComparer.Ordinal);
        }
    }

    private async IAsyncEnumerable<KnownRun> RunsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_store is not null && IsListed)
        {
            await foreach (var run in _store.Index.ListAsync(cancellationToken).ConfigureAwait(false))
            {
                if (_seen.Add(run.RunId) && MayMatch(run))
                {
                    yield return new KnownRun(run.ToRecord(), run.Script, run);
                }

                if (_runIds?.IsSubsetOf(_seen) == true)
                {
                    yield break;
                }
            }
        }

        foreach (var run in await ReadUnlistedAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return run;
        }
    }

    /// <summary>The runs that are not in the index: those that are named, or all that have a record.</summary>
    private async Task<IReadOnlyList<KnownRun>> ReadUnlistedAsync(CancellationToken cancellationToken)
    {
        var open = _runIds?.Where(id => !_seen.Contains(id)).ToList() ?? [];
        if (_store is null || _runIds is not null)
        {
            var named = _store is null ? [] : await ReadAsync([.. open.Select(id => Unread(id, null))], cancellationToken).ConfigureAwait(false);
            foreach (var id in IsListed ? [] : open.Except(named.Select(n => n.Record.RunId), StringComparer.Ordinal))
            {
                _tagged.AddRange(await _instances.FindByTagAsync(RunctlTags.RunId, id, cancellationToken).ConfigureAwait(false));
            }

            return named;
        }

        await foreach (var id in _store.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!_seen.Contains(id))
            {
                open.Add(id);
            }
        }

        var read = await ReadAsync([.. open.Select(id => Unread(id, new IndexedRun(id, default, new Dictionary<int, IndexEntry?>())))], cancellationToken).ConfigureAwait(false);
        return [.. read.OrderByDescending(r => r.Record.Created).ThenBy(r => r.Record.RunId, StringComparer.Ordinal)];
    }

    private static KnownRun Unread(string runId, IndexedRun? indexed) => new(new RunRecord { RunId = runId, ProjectName = "" }, null, indexed);

    /// <summary>Whether a run may be one that is looked for. One that the index does not know well is read first.</summary>
    private bool MayMatch(IndexedRun run) =>
        _runIds?.Contains(run.RunId) != false
        && (_instanceIds is null || !run.IsWhole || _instances.States.ContainsKey(run.RunId) || run.Entries.Values.Any(e => e?.Attempt.InstanceId is { } id && _instanceIds.Contains(id)));

    private async Task<IReadOnlyList<RunctlTraining>> CompleteAsync(IReadOnlyList<KnownRun> runs, bool toAct, CancellationToken cancellationToken)
    {
        var known = await ReadWhereAsync(runs, r => toAct || !r.Indexed!.IsWhole || IsElsewhere(r), cancellationToken).ConfigureAwait(false);
        await _instances.AskAsync(known.Select(r => r.OpenOn).OfType<string>(), cancellationToken).ConfigureAwait(false);
        known = await ReadWhereAsync(known, r => r.Newest is { HasEnded: false } && !IsConfirmed(r) && !IsKnownLost(r), cancellationToken).ConfigureAwait(false);
        // A record may name an instance that the index does not know of.
        await _instances.AskAsync(known.Select(r => r.OpenOn).OfType<string>(), cancellationToken).ConfigureAwait(false);
        await WriteEntriesAsync([.. known.Where(r => r is { IsRead: true, Indexed: not null })], cancellationToken).ConfigureAwait(false);
        return await ShowAsync(known, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether a running instance says that the run went on there, and the index does not.</summary>
    private bool IsElsewhere(KnownRun run) => _taggedRuns?.Contains(run.Record.RunId) == true && !_taggedRuns[run.Record.RunId].Contains(run.Newest?.InstanceId);

    private bool IsConfirmed(KnownRun run) => _instances.States.TryGetValue(run.Record.RunId, out var told) && told.State.Attempt >= run.Newest!.Number;

    /// <summary>Whether the record was read when the instance was gone already: it says the same today.</summary>
    private bool IsKnownLost(KnownRun run) => run.OpenOn is { } id && _instances.IsOff(id) && run.Indexed!.Entries[run.Newest!.Number]!.Other.Checked;

    /// <summary>Reads the records of those that have not been read and need it, in the same order. A run that has no record is none.</summary>
    private async Task<IReadOnlyList<KnownRun>> ReadWhereAsync(IReadOnlyList<KnownRun> runs, Func<KnownRun, bool> isNeeded, CancellationToken cancellationToken)
    {
        var needed = runs.Where(r => !r.IsRead && isNeeded(r)).ToList();
        if (needed.Count == 0)
        {
            return runs;
        }

        var read = (await ReadAsync(needed, cancellationToken).ConfigureAwait(false)).ToDictionary(r => r.Record.RunId, StringComparer.Ordinal);
        return [.. runs.Except(needed.Where(n => !read.ContainsKey(n.Record.RunId))).Select(r => read.GetValueOrDefault(r.Record.RunId, r))];
    }

    private async Task<IReadOnlyList<KnownRun>> ReadAsync(List<KnownRun> runs, CancellationToken cancellationToken)
    {
        var read = new KnownRun?[runs.Count];
        var failed = new ConcurrentQueue<(string RunId, RunctlException Error)>();
        await Parallel.ForEachAsync(Enumerable.Range(0, runs.Count), Options(cancellationToken), async (i, token) =>
        {
            var id = runs[i].Record.RunId;
            try
            {
                if (await _store!.ReadRecordAsync(id, token).ConfigureAwait(false) is { } record)
                {
                    // The script of a listed run is in the index already, and a list tells no more of the orders.
                    var spec = runs[i].Script is null ? await ReadSpecAsync(_store, id, token).ConfigureAwait(false) : null;
                    read[i] = new KnownRun(record with { RunId = id }, runs[i].Script ?? spec?.Script, runs[i].Indexed) { IsRead = true, MaxResumes = spec?.Policy.MaxResumes };
                }
            }
            catch (RunctlException e) when (OnFailed is not null)
            {
                failed.Enqueue((id, e));
            }
        }).ConfigureAwait(false);
        foreach (var (id, error) in failed)
        {
            OnFailed!(id, error);
        }

        return [.. read.OfType<KnownRun>()];
    }

    /// <summary>The orders of a run. One specification that is not usable hides no other run; a resume says what is wrong with it.</summary>
    private static async Task<RunSpec?> ReadSpecAsync(RunStore store, string runId, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ReadSpecAsync(runId, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.Kind == ErrorKind.InvalidData)
        {
            return null;
        }
    }

    /// <summary>Writes the entries that the index lacks, so that the next list does not have to read these records.</summary>
    private async Task WriteEntriesAsync(List<KnownRun> runs, CancellationToken cancellationToken)
    {
        var missing = runs.SelectMany(r => r.Record.Attempts.Select(a => (Run: r, Attempt: a, IsChecked: IsLost(a)))).Where(m => IsMissing(m.Run, m.Attempt, m.IsChecked));
        await Parallel.ForEachAsync(missing, Options(cancellationToken), async (m, token) =>
        {
            try
            {
                if (Volatile.Read(ref _mayWrite))
                {
                    await _store!.Index.WriteAsync(m.Run.Record, m.Attempt, m.Run.Script, m.IsChecked, token).ConfigureAwait(false);
                }
            }
            catch (RunctlException e)
            {
                if (Interlocked.Exchange(ref _mayWrite, false))
                {
                    OnUnknown?.Invoke($"The index of runs could not be completed, so that each list has to read their records again: {e.Message}");
                }
            }
        }).ConfigureAwait(false);
    }

    private static bool IsMissing(KnownRun run, AttemptRecord attempt, bool isChecked) => run.Indexed!.Entries.GetValueOrDefault(attempt.Number) is not { } entry
        || entry.Attempt.HasEnded != attempt.HasEnded
        || (isChecked && !entry.Other.Checked)
        || (run is { Script: not null, Indexed.Script: null } && !entry.Other.Cut);

    /// <summary>Whether nothing can come of an attempt any more. Another region does not know the instance either, where it may be alive.</summary>
    private bool IsLost(AttemptRecord attempt) =>
        attempt is { HasEnded: false, InstanceId: { } id, AvailabilityZone: { } zone } && zone.StartsWith(cloud.Region, StringComparison.Ordinal) && _instances.IsGone(id);

    private async Task<IReadOnlyList<RunctlTraining>> ShowAsync(IReadOnlyList<KnownRun> runs, CancellationToken cancellationToken)
    {
        // The guard is ahead of the record, unless the run has gone on elsewhere since.
        var told = runs.Where(r => r.Newest is not null)
            .Select(r => (Run: r, Told: _instances.States.TryGetValue(r.Record.RunId, out var state) && state.State.Attempt >= r.Newest!.Number ? state : default))
            // A start that was refused left its record: without it a guard that is merely slow could still take the run.
            .Where(r => r.Told.State is not null || !r.Run.Record.NeverBegan)
            .Where(r => _instanceIds is null || r.Run.Record.Attempts.Any(a => a.InstanceId is { } id && _instanceIds.Contains(id)) || _instanceIds.Contains(r.Told.InstanceId ?? ""))
            .ToList();
        var accounts = await _accounts!.MakeAsync([.. told.Select(r => r.Told.State is { } state ? WithState(r.Run.Record, state) : r.Run.Record)], cancellationToken).ConfigureAwait(false);
        return [.. told.Select(r =>
        {
            var (record, newest, account) = (r.Run.Record, r.Run.Newest!, accounts[r.Run.Record.RunId]);
            var training = r.Told.State is { } state && !record.IsStopped
                ? _view.Of(state, r.Told.InstanceId, r.Run.Script, record.ProjectName)
                : _view.Of(record, newest, r.Run.Script, newest.InstanceId is { } id && _instances.IsOff(id));
            _shown.Add(record.RunId);
            return training.With(copy =>
            {
                copy.InstanceIds = [.. record.Attempts.Select(a => a.InstanceId).OfType<string>()];
                copy.Interruptions = account.Interruptions; copy.MaxResumes = r.Run.MaxResumes;
                copy.TotalStepsLost = account.StepsLost;
                copy.Duration = account.Duration;
                copy.Cost = account.Cost;
                copy.Savings = account.Savings;
            });
        })];
    }

    /// <summary>What the guard knows of an open attempt, and its entry in the index does not: that it has begun, and how far it has come.</summary>
    private static RunRecord WithState(RunRecord record, RunState state) =>
        record.Attempts.FirstOrDefault(a => a.Number == state.Attempt) is { HasEnded: false } attempt && state.Started is not null
            ? record.With(attempt with
            {
                State = state.HasEnded ? state.State : RunStates.Running,
                Started = attempt.Started ?? state.Started,
                Ended = state.Ended,
                FirstStep = state.FirstStep ?? attempt.FirstStep,
                LastStep = state.LastStep ?? attempt.LastStep,
                ResumedFrom = state.ResumedFrom ?? attempt.ResumedFrom,
            })
            : record;

    private static ParallelOptions Options(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
}
