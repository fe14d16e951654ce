using System.Text.Json;
using Runctl.Errors;
using Runctl.Json;
using Runctl.Monitoring;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Events;

/// <summary>The events of one attempt, each once and in order: from its segments in S3, and from its guard.</summary>
internal sealed class AttemptEvents(ICloud cloud, RunStore store, RunctlTraining attempt, TimeProvider time)
{
    private readonly Dictionary<string, string?> _read = new(StringComparer.Ordinal);
    private long _position;

    /// <summary>Whether an event says that the attempt is over.</summary>
    public bool HasEnd { get; private set; }

    /// <summary>Events that S3 has and that were not read yet. One request lists the segments, one more reads each that is new or longer.</summary>
    public async Task<IReadOnlyList<RunctlEvent>> ReadShippedAsync(CancellationToken cancellationToken)
    {
        var found = new List<RunctlEvent>();
        var changed = new List<(string Key, string? Version)>();
        await foreach (var segment in cloud.Objects.ListAsync(store.Bucket, store.Keys.Events(attempt.RunId, attempt.Attempt), cancellationToken).ConfigureAwait(false))
        {
            if (RunKeys.SegmentStart(segment.Key) is not null && !(_read.TryGetValue(segment.Key, out var version) && version == segment.ETag))
            {
                changed.Add((segment.Key, segment.ETag));
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

        return Take(found);
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
