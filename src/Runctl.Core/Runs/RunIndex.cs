using System.Runtime.CompilerServices;
using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Runs;

/// <summary>
/// The index of runs: empty objects whose names carry what a list shows, so that one call lists a thousand. Claimers and guards write it beside run.json,
/// as well as they can. It is a hint for lists: instances may write to it, and nothing is decided by it.
/// </summary>
internal sealed class RunIndex(IObjectStore objects, string bucket, RunKeys keys)
{
    /// <summary>The runs, newest first, as they are listed. A forged name may have a run appear twice.</summary>
    public async IAsyncEnumerable<IndexedRun> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IndexName? first = null;
        var last = new Dictionary<int, (IndexName Name, DateTimeOffset Written)>();
        await foreach (var item in objects.ListAsync(bucket, keys.Index, cancellationToken).ConfigureAwait(false))
        {
            if (IndexName.Parse(item.Key[keys.Index.Length..]) is not { } name)
            {
                continue;
            }

            if (first is not null && (first.RunId != name.RunId || first.Created != name.Created))
            {
                yield return Run(first, last.Values);
                last.Clear();
            }

            first = name;
            if (!last.TryGetValue(name.Attempt, out var known) || IsLater(name, item.LastModified, known.Name, known.Written))
            {
                last[name.Attempt] = (name, item.LastModified);
            }
        }

        if (first is not null)
        {
            yield return Run(first, last.Values);
        }
    }

    /// <summary>Writes an entry.</summary>
    public Task WriteAsync(RunRecord record, AttemptRecord attempt, string? script, bool isChecked, CancellationToken cancellationToken) =>
        objects.WriteAsync(bucket, IndexName.KeyOf(keys.Index, record, attempt, script, isChecked), ReadOnlyMemory<byte>.Empty, WriteCondition.Always, cancellationToken);

    /// <summary>Writes the entries of attempts that have just been written to their record, if S3 takes them. A list reads the record where an entry is missing.</summary>
    public async Task TryWriteAsync(RunRecord record, IEnumerable<AttemptRecord> attempts, string? script, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var attempt in attempts)
            {
                await WriteAsync(record, attempt, script, isChecked: false, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (RunctlException)
        {
            // The record is written, and that is what counts.
        }
    }

    /// <summary>An end beats what was before it; of two ends, or two beginnings, the one that S3 took later counts.</summary>
    private static bool IsLater(IndexName name, DateTimeOffset written, IndexName than, DateTimeOffset thanWritten) =>
        name.HasEnded != than.HasEnded ? name.HasEnded : written >= thanWritten;

    private static IndexedRun Run(IndexName name, IEnumerable<(IndexName Name, DateTimeOffset Written)> last) =>
        new(name.RunId, name.Created, last.ToDictionary(l => l.Name.Attempt, l => l.Name.Unpack()));
}
