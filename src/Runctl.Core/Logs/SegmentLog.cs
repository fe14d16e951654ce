using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Logs;

/// <summary>What S3 holds of an attempt's log. A few segments are fetched ahead, and none is kept.</summary>
internal sealed class SegmentLog(IObjectStore objects, string bucket, string prefix)
{
    private const int Ahead = 4;

    private readonly SegmentListing _listing = new(objects, bucket, prefix);
    private readonly Queue<LogSegment> _listed = new();
    private readonly Queue<(LogSegment Segment, Task<byte[]> Data)> _coming = new();
    private LogSegment? _last;
    private long _known;

    /// <summary>Where the last lines begin, and how many are certain to follow.</summary>
    public async Task<(long Offset, int Lines)> FindTailAsync(int lines, CancellationToken cancellationToken)
    {
        // One end more than lines: the text after the last of them may be a line of its own.
        var left = lines == int.MaxValue ? lines : lines + 1;
        var asked = left;
        var page = await _listing.LastAsync(_ => true, cancellationToken).ConfigureAwait(false);
        for (var i = page.Count - 1; i >= 0; i--)
        {
            var data = await LoadAsync(page[i], cancellationToken).ConfigureAwait(false);
            if (LineEnds.Begin(data, ref left) is { } begin)
            {
                return (page[i].Start + begin, lines);
            }

            if (i == 0 && await BeforeAsync(page[0], cancellationToken).ConfigureAwait(false) is { Count: > 0 } earlier)
            {
                (page, i) = (earlier, earlier.Count);
            }
        }

        return (0, asked - left);
    }

    /// <summary>Where to begin in order to miss nothing printed since a time: at the first line of the first segment that came since.</summary>
    public async Task<long> FindSinceAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        // S3 tells whole seconds.
        if (await _listing.LastAsync(s => s.Written < since.AddSeconds(-1), cancellationToken).ConfigureAwait(false) is not [.., var before])
        {
            return 0;
        }

        var data = await LoadAsync(before, cancellationToken).ConfigureAwait(false);
        var left = 1;
        return before.Start + (LineEnds.Begin(data, ref left) ?? 0);
    }

    /// <summary>What there is from an offset on; null where S3 has nothing yet.</summary>
    public async Task<LogChunk?> ReadAsync(long offset, CancellationToken cancellationToken)
    {
        try
        {
            while (_listed.Count + _coming.Count > 0 || await ListAsync(offset, cancellationToken).ConfigureAwait(false))
            {
                while (_coming.Count < Ahead && _listed.TryDequeue(out var next))
                {
                    _coming.Enqueue((next, LoadAsync(next, cancellationToken)));
                }

                var (segment, loading) = _coming.Peek();
                var data = await loading.ConfigureAwait(false);
                _coming.Dequeue();
                _last = segment;
                var from = Math.Max(0, offset - segment.Start);
                if (from < data.Length)
                {
                    return new LogChunk(segment.Start + from, data.AsMemory((int)from), Math.Max(_known, segment.Start + data.Length), IsCaughtUp: false, Ended: false);
                }
            }

            return null;
        }
        catch
        {
            // The next call begins again with the segment after the last one that came whole.
            _listed.Clear();
            _coming.Clear();
            throw;
        }
    }

    /// <summary>Lists what is new: segments after the last one, and that one too where it was written again.</summary>
    private async Task<bool> ListAsync(long offset, CancellationToken cancellationToken)
    {
        var start = _last?.Start ?? 0;
        if (_last is null && offset > 0 && await _listing.LastAsync(s => s.Start <= offset, cancellationToken).ConfigureAwait(false) is [.., var holds])
        {
            start = holds.Start;
        }

        foreach (var segment in await _listing.PageAsync(start, cancellationToken).ConfigureAwait(false))
        {
            _known = Math.Max(_known, segment.Start);
            if (segment.Start != _last?.Start || segment.Version != _last.Version)
            {
                _listed.Enqueue(segment);
            }
        }

        return _listed.Count > 0;
    }

    /// <summary>Up to all segments before one.</summary>
    private async Task<List<LogSegment>> BeforeAsync(LogSegment segment, CancellationToken cancellationToken)
    {
        var earlier = new List<LogSegment>();
        await foreach (var one in _listing.FromAsync(0, cancellationToken).ConfigureAwait(false))
        {
            if (one.Start >= segment.Start)
            {
                break;
            }

            earlier.Add(one);
        }

        return earlier;
    }

    private async Task<byte[]> LoadAsync(LogSegment segment, CancellationToken cancellationToken)
    {
        try
        {
            return Packed.Unpack((await objects.ReadAsync(bucket, segment.Key, cancellationToken).ConfigureAwait(false))?.Content ?? default);
        }
        catch (InvalidDataException e)
        {
            throw RunctlErrors.RecordDamaged($"s3://{bucket}/{segment.Key}", e);
        }
    }
}
