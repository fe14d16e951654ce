using System.Globalization;
using System.Text.Json;
using Runctl.Errors;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Events;

/// <summary>
/// What sessions did for a run, in S3: one object for each event, written once, beside the segments of the attempt that it follows. A reader of several attempts
/// keeps one of these, which gives each event once.
/// </summary>
internal sealed class SessionEvents(IObjectStore objects, RunStore store, string runId)
{
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    /// <summary>Keeps an event.</summary>
    /// <param name="item">The event.</param>
    /// <param name="after">The attempt that it follows: after this one's own events it is read.</param>
    /// <param name="name">What tells it from others; the same for each try to write it.</param>
    /// <param name="cancellationToken">Ends it; the event may have been written.</param>
    public Task WriteAsync(RunctlEvent item, int after, Guid name, CancellationToken cancellationToken) => objects.WriteAsync(
        store.Bucket, store.Keys.SessionEvent(runId, after, string.Create(CultureInfo.InvariantCulture, $"{item.Time:yyyyMMdd'T'HHmmssfff'Z'}-{name:N}")),
        RunctlJson.WriteUtf8(item), WriteCondition.Always, cancellationToken);

    /// <summary>Of listed keys, the events that were not read yet and belong to an attempt: in its time or, if it is the only one that is wanted, of its number.</summary>
    /// <param name="keys">Keys below the events of the run; others than those of sessions are left out.</param>
    /// <param name="attempt">The attempt.</param>
    /// <param name="isOnly">Whether only the events of this number are wanted.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RunctlException">AWS refuses a request, or an object is damaged.</exception>
    public async Task<IReadOnlyList<RunctlEvent>> ReadAsync(IEnumerable<string> keys, int attempt, bool isOnly, CancellationToken cancellationToken)
    {
        var found = new List<RunctlEvent>();
        foreach (var key in keys)
        {
            if (store.Keys.FollowedBy(runId, key) is not { } after || after > attempt || (isOnly && after < attempt - 1) || _read.Contains(key))
            {
                continue;
            }

            if (await objects.ReadAsync(store.Bucket, key, cancellationToken).ConfigureAwait(false) is { } content
                && Parse(key, content) is var item && item.RunId == runId && EventKinds.OfSessions.Contains(item.Kind) && (!isOnly || item.Attempt == attempt))
            {
                found.Add(item.With(copy => copy.Sequence = 0));
            }

            _read.Add(key);
        }

        return found;
    }

    /// <summary>Events in the order of their times; those of a guard stay in the order of its sequence, whatever its clock does.</summary>
    public static IEnumerable<RunctlEvent> InOrder(IReadOnlyList<RunctlEvent> events)
    {
        var told = new Queue<RunctlEvent>(events.Where(e => e.Sequence == 0).OrderBy(e => e.Time));
        foreach (var item in events.Where(e => e.Sequence > 0))
        {
            while (told.TryPeek(out var next) && next.Time < item.Time)
            {
                yield return told.Dequeue();
            }

            yield return item;
        }

        foreach (var item in told)
        {
            yield return item;
        }
    }

    private RunctlEvent Parse(string key, ObjectContent content)
    {
        try
        {
            return RunctlJson.Read<RunctlEvent>(content.Content);
        }
        catch (JsonException e)
        {
            throw RunctlErrors.RecordDamaged($"s3://{store.Bucket}/{key}", e);
        }
    }
}
