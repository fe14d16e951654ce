using System.Text.Json;
using Runctl.Errors;
using Runctl.Json;
using Runctl.Monitoring;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Events;

/// <summary>The events of one attempt, each once: from its segments in S3, from its guard, and those of sessions that follow it.</summary>
/// <param name="cloud">The connection.</param>
/// <param name="store">The records of the run.</param>
/// <param name="attempt">The attempt, with its instance.</param>
/// <param name="sessions">What sessions did for the run.</param>
/// <param name="isOnly">Whether no other attempt is read.</param>
/// <param name="time">The clock.</param>
internal sealed class AttemptEvents(ICloud cloud, RunStore store, RunctlTraining attempt, SessionEvents sessions, bool isOnly, TimeProvider time)
{
    private readonly Dictionary<string, string?> _read = new(StringComparer.Ordinal);
    private long _position;

    /// <summary>Whether an event says that the attempt is over.</summary>
    public bool HasEnd { get; private set; }

    /// <summary>
    /// Events that S3 has and that were not read yet. One request lists the segments, one more reads each that is new or longer. The list has all attempts: a
    /// session may write an event that follows the attempt before when this one has begun.
    /// </summary>
    public async Task<IReadOnlyList<RunctlEvent>> ReadShippedAsync(CancellationToken cancellationToken)
    {
        var found = new List<RunctlEvent>();
        var changed = new List<(string Key, string? Version)>();
        var others = new List<string>();
        var own = store.Keys.Events(attempt.RunId, attempt.Attempt);
        await foreach (var item in cloud.Objects.ListAsync(store.Bucket, store.Keys.Events(attempt.RunId), cancellationToken).ConfigureAwait(false))
        {
            if (RunKeys.SegmentStart(item.Key) is null)
            {
                others.Add(item.Key);
            }
            else if (item.Key.StartsWith(own, StringComparison.Ordinal) && !(_read.TryGetValue(item.Key, out var version) && version == item.ETag))
            {
                changed.Add((item.Key, item.ETag));
            }
        }

        foreach (var (key, version) in changed)
        {
            if (await cloud.Objects.ReadAsync(store.Bucket, key, cancellationToken).ConfigureAwait(false) is { } content)
            {
                found.AddRange(Parse(key, content));
                _read[key] = version;
            }
        }

        return [.. SessionEvents.InOrder([.. Take(found), .. await sessions.ReadAsync(others, attempt.Attempt, isOnly, cancellationToken).ConfigureAwait(false)])];
    }

    /// <summary>Events that the guard has and that were not read yet.</summary>
    public async Task<IReadOnlyList<RunctlEvent>> AskAsync(CancellationToken cancellationToken)
    {
        var found = new List<RunctlEvent>();
        var feed = new EventFeed(cloud, attempt, _position, time);
        await feed.AskAsync(
            page =>
            {
                found.AddRange(feed.Take(page));
                return Task.CompletedTask;
            },
            cancellationToken).ConfigureAwait(false);
        return Take(found);
    }

    private List<RunctlEvent> Take(List<RunctlEvent> found)
    {
        var fresh = found.Where(e => e.RunId == attempt.RunId && e.Attempt == attempt.Attempt && e.Sequence > _position).OrderBy(e => e.Sequence).DistinctBy(e => e.Sequence).ToList();
        if (fresh.Count > 0)
        {
            _position = fresh[^1].Sequence;
            HasEnd |= fresh.Any(e => EventKinds.IsEnd(e.Kind));
        }

        return fresh;
    }

    private List<RunctlEvent> Parse(string key, ObjectContent content)
    {
        try
        {
            return [.. RunctlJson.ReadLines<RunctlEvent>(content.Content)];
        }
        catch (JsonException e)
        {
            throw RunctlErrors.RecordDamaged($"s3://{store.Bucket}/{key}", e);
        }
    }
}
