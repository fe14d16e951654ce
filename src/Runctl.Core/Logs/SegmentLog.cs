using Runctl.Errors;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Logs;

/// <summary>
/// What S3 holds of an attempt's log. A few segments are fetched ahead, and none is kept. The guard puts small segments together meanwhile: segments may
/// overlap, and one that was listed may be gone, inside a larger one.
/// </summary>
internal sealed class SegmentLog(IObjectStore objects, string bucket, RunKeys keys, string runId, int attempt)
{
    private const int Ahead = 4;

    /// <summary>Four times what a guard puts into one segment.</summary>
    private const int LongestSegment = 64 << 20;

    private readonly SegmentListing _listing = new(objects, bucket, keys, runId, attempt);
    private readonly Queue<LogSegment> _listed = new();
    private readonly Queue<(LogSegment Segment, Task<ReadOnlyMemory<byte>?> Packed)> _coming = new();
    private LogSegment? _last;
    private string? _missed;
    private bool _isFull;
    private long _known;

    /// <summary>The version of the run's record, as the last list had it: empty if there is none, null if it did not get that far.</summary>
    public string? RecordVersion { get; private set; }

    /// <summary>Where the last lines begin, and how many are certain to follow.</summary>
    public async Task<(long Offset, int Lines)> FindTailAsync(int lines, CancellationToken cancellationToken)
    {
        // One end more than lines: the text after the last of them may be a line of its own.
        var left = lines == int.MaxValue ? lines : lines + 1;
        var asked = left;
        var page = LogSegment.Cover(await _listing.LastAsync(_ => true, cancellationToken).ConfigureAwait(false));
        var counted = long.MaxValue;
        for (var i = page.Count - 1; i >= 0; i--)
        {
            var data = Unpack(page[i], await LoadAsync(page[i], cancellationToken).ConfigureAwait(false) ?? default);
            var fresh = data.AsSpan(0, (int)Math.Clamp(counted - page[i].Start, 0, data.Length));
            if (LineEnds.Begin(fresh, ref left) is { } begin)
            {
                return (page[i].Start + begin, lines);
            }

            counted = Math.Min(counted, page[i].Start);
            if (i == 0 && await BeforeAsync(counted, cancellationToken).ConfigureAwait(false) is { Count: > 0 } earlier)
            {
                (page, i) = (earlier, earlier.Count);
            }
        }

        return (0, asked - left);
    }

    /// <summary>Where to begin in order to miss nothing printed since a time: with the line that was being written when S3 took the last part before it.</summary>
    public async Task<long> FindSinceAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        // S3 tells whole seconds.
        var limit = since.AddSeconds(-1);
        var before = await _listing.LastAsync(s => s.Written < limit, cancellationToken).ConfigureAwait(false) is [.., var last] ? last : null;
        // What was put together since may have parts from before.
        var look = await _listing.LookAsync(before?.Start ?? 0, cancellationToken).ConfigureAwait(false);
        if (LogSegment.Cover(look.Segments, before?.End ?? 0).Find(s => s.End is not null && s.Written >= limit) is { } next
            && await LoadAsync(next, cancellationToken).ConfigureAwait(false) is { } packed && LastPart(packed, limit) is { } part)
        {
            return next.Start + part.Start + BeginOfLine(Unpack(next, packed).AsSpan((int)part.Start, (int)part.Length));
        }

        return before is null ? 0 : before.Start + BeginOfLine(Unpack(before, await LoadAsync(before, cancellationToken).ConfigureAwait(false) ?? default));
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
                if (segment.Start > offset && (await FindAroundAsync(offset, cancellationToken).ConfigureAwait(false)).Holder is not null)
                {
                    // It is no hole: a larger segment has what lies between.
                    Forget();
                    continue;
                }

                if (await loading.ConfigureAwait(false) is not { } packed)
                {
                    if (_missed == segment.Key)
                    {
                        _coming.Dequeue();
                    }
                    else
                    {
                        _missed = segment.Key;
                        Forget();
                    }

                    continue;
                }

                var data = Unpack(segment, packed);
                _coming.Dequeue();
                _last = segment;
                var from = Math.Max(0, offset - segment.Start);
                if (from < data.Length)
                {
                    var isCaughtUp = _listed.Count + _coming.Count == 0 && !_isFull;
                    return new LogChunk(segment.Start + from, data.AsMemory((int)from), Math.Max(_known, segment.Start + data.Length), isCaughtUp, Ended: false);
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

    /// <summary>The next reading does not begin with the last segment that was read, which may lie inside a larger one by now, but looks for the one that holds its offset.</summary>
    public void SearchAgain()
    {
        if (_last is { End: not null })
        {
            Forget();
        }
    }

    private void Forget()
    {
        _listed.Clear();
        _coming.Clear();
        _last = null;
    }

    /// <summary>Lists what is new: segments after the last one, and that one too where it was written again.</summary>
    private async Task<bool> ListAsync(long offset, CancellationToken cancellationToken)
    {
        var start = _last?.Start ?? (offset == 0 ? 0 : await FindBeginAsync(offset, cancellationToken).ConfigureAwait(false));
        var look = await LookAsync(start, cancellationToken).ConfigureAwait(false);
        if (_last is { } last && !look.Segments.Any(s => s.Key == last.Key))
        {
            // It is in a larger one now, which may begin before it and hold what is new.
            _last = null;
            return await ListAsync(offset, cancellationToken).ConfigureAwait(false);
        }

        while (true)
        {
            foreach (var segment in LogSegment.Cover(look.Segments, offset))
            {
                _known = Math.Max(_known, segment.End ?? segment.Start);
                if (segment.Key != _last?.Key || segment.Version != _last.Version)
                {
                    _listed.Enqueue(segment);
                }
            }

            if (_listed.Count > 0 || !look.IsFull || look.Segments is not [.., var furthest])
            {
                return _listed.Count > 0;
            }

            // A page of nothing but what lies inside segments that were read.
            look = await LookAsync(furthest.Start + 1, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<LogLook> LookAsync(long start, CancellationToken cancellationToken)
    {
        var look = await _listing.LookAsync(start, cancellationToken).ConfigureAwait(false);
        (RecordVersion, _isFull) = (look.RecordVersion, look.IsFull);
        return look;
    }

    /// <summary>Where to list from so that an offset is in it.</summary>
    private async Task<long> FindBeginAsync(long offset, CancellationToken cancellationToken)
    {
        var (holder, before) = await FindAroundAsync(offset, cancellationToken).ConfigureAwait(false);
        return (holder ?? before)?.Start ?? 0;
    }

    /// <summary>The longest segment that is sure to hold an offset, and the last one that begins before it.</summary>
    private async Task<(LogSegment? Holder, LogSegment? Before)> FindAroundAsync(long offset, CancellationToken cancellationToken)
    {
        var page = await _listing.LastAsync(s => s.Start <= offset, cancellationToken).ConfigureAwait(false);
        if (page is not [.., { End: not null } before] || Holder(page) is not null)
        {
            return (Holder(page), page.LastOrDefault());
        }

        // The page may begin after it, with small ones that were left inside it.
        return (Holder(await BeforeAsync(offset + 1, cancellationToken).ConfigureAwait(false)), before);

        LogSegment? Holder(List<LogSegment> segments) => segments.Where(s => s.End > offset).MaxBy(s => s.End);
    }

    /// <summary>Up to all segments that begin before an offset.</summary>
    private async Task<List<LogSegment>> BeforeAsync(long offset, CancellationToken cancellationToken)
    {
        var earlier = new List<LogSegment>();
        await foreach (var one in _listing.FromAsync(0, cancellationToken).ConfigureAwait(false))
        {
            if (one.Start >= offset)
            {
                break;
            }

            earlier.Add(one);
        }

        return LogSegment.Cover(earlier);
    }

    /// <summary>The last part that S3 took before a time, as far as all before it are older too.</summary>
    private static (long Start, long Length)? LastPart(ReadOnlyMemory<byte> packed, DateTimeOffset limit)
    {
        (long Start, long Length)? found = null;
        var start = 0L;
        foreach (var (taken, length) in LogParts.Of(packed).TakeWhile(part => part.Taken < limit))
        {
            found = (start, length);
            start += length;
        }

        return found;
    }

    private static int BeginOfLine(ReadOnlySpan<byte> data)
    {
        var left = 1;
        return LineEnds.Begin(data, ref left) ?? 0;
    }

    private async Task<ReadOnlyMemory<byte>?> LoadAsync(LogSegment segment, CancellationToken cancellationToken) =>
        (await objects.ReadAsync(bucket, segment.Key, cancellationToken).ConfigureAwait(false))?.Content;

    private byte[] Unpack(LogSegment segment, ReadOnlyMemory<byte> packed)
    {
        try
        {
            var data = Packed.Unpack(packed, LongestSegment);
            return packed.IsEmpty || segment.End is null || data.Length == segment.End - segment.Start ? data
                : throw new InvalidDataException($"It holds {data.Length} bytes of the log, its name says {segment.End - segment.Start}.");
        }
        catch (InvalidDataException e)
        {
            throw RunctlErrors.RecordDamaged($"s3://{bucket}/{segment.Key}", e);
        }
    }
}
