using System.Text.Json;
using Runctl.Errors;
using Runctl.Events;
using Runctl.Json;
using Runctl.Ports;

namespace Runctl.Runs;

/// <summary>Orders and records of runs in S3.</summary>
internal sealed class RunStore(IObjectStore objects, string bucket, string runPrefix, TimeProvider time)
{
    /// <summary>The keys.</summary>
    public RunKeys Keys { get; } = new(runPrefix);

    /// <summary>The bucket.</summary>
    public string Bucket => bucket;

    /// <summary>The prefix of orders and records, without slashes at its ends.</summary>
    public string RunPrefix { get; } = runPrefix.Trim('/');

    /// <summary>The index of all runs, for lists.</summary>
    public RunIndex Index { get; } = new(objects, bucket, new RunKeys(runPrefix));

    /// <summary>All runs, in the order of their ids.</summary>
    public async IAsyncEnumerable<string> ListAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var directory in objects.ListDirectoriesAsync(bucket, Keys.Runs, cancellationToken).ConfigureAwait(false))
        {
            var name = directory[Keys.Runs.Length..].TrimEnd('/');
            if (!name.StartsWith('.'))
            {
                yield return name;
            }
        }
    }

    /// <summary>A run's record, or null.</summary>
    /// <exception cref="RunctlException">RecordDamaged: it is not the record of this run.</exception>
    public async Task<RunRecord?> ReadRecordAsync(string runId, CancellationToken cancellationToken)
    {
        var key = Keys.Record(runId);
        return await objects.ReadAsync(bucket, key, cancellationToken).ConfigureAwait(false) is { } content ? ParseRecord(key, runId, content) : null;
    }

    /// <summary>A run's specification, or null. One of version 0.1 counts only if the run has no orders.</summary>
    /// <exception cref="RunctlException">RecordDamaged: it cannot be read. OrdersInvalid: it is not the specification of this run.</exception>
    public async Task<RunSpec?> ReadSpecAsync(string runId, CancellationToken cancellationToken)
    {
        var key = Keys.Spec(runId);
        if (await ReadAsync<RunSpec>(key, cancellationToken).ConfigureAwait(false) is { } ordered)
        {
            return SpecCheck.Require(ordered, runId, this, key);
        }

        key = Keys.SpecOfVersion01(runId);
        return await ReadAsync<RunSpec>(key, cancellationToken).ConfigureAwait(false) is { } old ? SpecCheck.Require(old with { IsOfVersion01 = true, Instances = [], BeganFrom = null }, runId, this, key) : null;
    }

    /// <summary>Writes what a new run begins with.</summary>
    public async Task CreateAsync(RunSpec spec, RunRecord record, CancellationToken cancellationToken)
    {
        await WriteNewAsync(Keys.Spec(spec.RunId), spec with { Attempt = null }, cancellationToken).ConfigureAwait(false);
        await WriteNewAsync(Keys.Record(spec.RunId), record, cancellationToken).ConfigureAwait(false);
        await Index.TryWriteAsync(record, record.Attempts, spec.Script, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives up a claim that nobody has taken yet, so that nobody can any more; leaves everything else as it is.</summary>
    public Task WithdrawAsync(string runId, string nonce, CancellationToken cancellationToken) => ChangeAsync(
        runId,
        record => record.Attempts.FirstOrDefault(a => a.Nonce == nonce) is { State: RunStates.Claimed } claim
            // What came of the attempts before stays true.
            ? record.With(claim with { State = RunStates.Failed }) with { Outcome = record.Attempts.Count == 1 ? RunStates.Failed : record.Outcome }
            : null,
        cancellationToken);

    /// <summary>Changes a record by If-Match, as often as others change it meanwhile. After a lost answer the record itself says whether it was written.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="change">Gives the changed record; null where nothing has to be changed (any more). It may be called several times, and throw.</param>
    /// <param name="cancellationToken">Ends it; what was sent may have been written.</param>
    /// <returns>The record as it stands, or null where there is none.</returns>
    public async Task<RunRecord?> ChangeAsync(string runId, Func<RunRecord, RunRecord?> change, CancellationToken cancellationToken)
    {
        var key = Keys.Record(runId);
        var patience = new RecordPatience(time);
        while (true)
        {
            TimeSpan pause;
            try
            {
                if (await objects.ReadAsync(bucket, key, cancellationToken).ConfigureAwait(false) is not { ETag: { } version } content)
                {
                    return null;
                }

                var record = ParseRecord(key, runId, content);
                if (change(record) is not { } changed)
                {
                    return record;
                }

                if (await objects.WriteAsync(bucket, key, RunctlJson.WriteUtf8(changed), WriteCondition.IfUnchanged(version), cancellationToken).ConfigureAwait(false))
                {
                    await Index.TryWriteAsync(changed, changed.Attempts.Except(record.Attempts), null, cancellationToken).ConfigureAwait(false);
                    return changed;
                }

                pause = patience.After(isConflict: true) ?? throw RunctlErrors.RecordContended($"s3://{bucket}/{key}");
            }
            catch (RunctlException e) when (e.IsTransient || e.ServiceErrorCode == "ConditionalRequestConflict")
            {
                // Whether it was written is in the record, which is read again.
                if (patience.After(isConflict: e.ServiceErrorCode == "ConditionalRequestConflict") is not { } next)
                {
                    throw;
                }

                pause = next;
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the specification of a run whose guard has begun its record, unless the run has one.</summary>
    public Task AddSpecAsync(RunSpec spec, CancellationToken cancellationToken) =>
        objects.WriteAsync(bucket, Keys.Spec(spec.RunId), RunctlJson.WriteUtf8(spec with { Attempt = null }), WriteCondition.IfMissing, cancellationToken);

    /// <summary>Writes what the attempts from now on need.</summary>
    public Task WriteSpecAsync(RunSpec spec, CancellationToken cancellationToken) =>
        objects.WriteAsync(bucket, Keys.Spec(spec.RunId), RunctlJson.WriteUtf8(spec with { Attempt = null }), WriteCondition.Always, cancellationToken);

    /// <summary>The events of an attempt after a position, in order.</summary>
    public async Task<IReadOnlyList<RunctlEvent>> ReadEventsAsync(string runId, int attempt, long after, CancellationToken cancellationToken)
    {
        var segments = await ListSegmentsAsync(Keys.Events(runId, attempt), cancellationToken).ConfigureAwait(false);
        var events = new SortedDictionary<long, RunctlEvent>();
        for (var i = 0; i < segments.Count; i++)
        {
            // The next segment begins where this one ends: all of this one is known already.
            if (i + 1 < segments.Count && segments[i + 1].Start <= after + 1)
            {
                continue;
            }

            if (await objects.ReadAsync(bucket, segments[i].Key, cancellationToken).ConfigureAwait(false) is { } content)
            {
                foreach (var item in Parse(segments[i].Key, () => RunctlJson.ReadLines<RunctlEvent>(content.Content).Where(e => e.Sequence > after).ToList()))
                {
                    events[item.Sequence] = item;
                }
            }
        }

        return [.. events.Values];
    }

    /// <summary>The segments below a prefix by where they begin.</summary>
    public async Task<IReadOnlyList<(long Start, string Key)>> ListSegmentsAsync(string prefix, CancellationToken cancellationToken)
    {
        var segments = new List<(long Start, string Key)>();
        await foreach (var item in objects.ListAsync(bucket, prefix, cancellationToken).ConfigureAwait(false))
        {
            if (RunKeys.SegmentStart(item.Key) is { } start)
            {
                segments.Add((start, item.Key));
            }
        }

        segments.Sort((a, b) => a.Start.CompareTo(b.Start));
        return segments;
    }

    private async Task WriteNewAsync<T>(string key, T value, CancellationToken cancellationToken)
    {
        if (!await objects.WriteAsync(bucket, key, RunctlJson.WriteUtf8(value), WriteCondition.IfMissing, cancellationToken).ConfigureAwait(false)
            && (await objects.ReadAsync(bucket, key, cancellationToken).ConfigureAwait(false))?.Content.Span.SequenceEqual(RunctlJson.WriteUtf8(value)) != true)
        {
            // A lost answer repeated by the SDK finds its own object there; anything else is somebody else's.
            throw RunctlErrors.ObjectExists($"s3://{bucket}/{key}");
        }
    }

    private async Task<T?> ReadAsync<T>(string key, CancellationToken cancellationToken)
        where T : class
    {
        var content = await objects.ReadAsync(bucket, key, cancellationToken).ConfigureAwait(false);
        return content is null ? null : Parse(key, () => RunctlJson.Read<T>(content.Content));
    }

    private RunRecord ParseRecord(string key, string runId, ObjectContent content) =>
        Parse(key, () => RecordCheck.Require(RunctlJson.ReadPlain<RunRecord>(content.Content), runId));

    private T Parse<T>(string key, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (JsonException e)
        {
            throw RunctlErrors.RecordDamaged($"s3://{bucket}/{key}", e);
        }
    }
}
