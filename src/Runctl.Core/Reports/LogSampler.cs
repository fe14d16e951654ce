using System.Buffers.Binary;
using System.IO.Compression;
using Runctl.Errors;
using Runctl.Logs;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Reports;

/// <summary>
/// Reads the figures of a log from its segments in S3: all of a log of a few megabytes, and of a larger one the beginning of each part, so that what was read
/// is spread evenly. A line gets its time from when S3 took the part that it is in.
/// </summary>
internal sealed class LogSampler(IObjectStore objects, RunStore store, string runId, FigureLog into)
{
    /// <summary>So much text is read of all logs of a run: it takes a fraction of a second, and holds more figures than a picture has room for.</summary>
    public const long MostText = 4 << 20;

    /// <summary>So much of the packed segments is fetched.</summary>
    public const long MostPacked = 64 << 20;

    /// <summary>The least that is read of a part.</summary>
    private const long LeastPart = 2048;

    private const int Ahead = 8;

    private readonly List<LogFigureSegment> _segments = [];

    /// <summary>Finds the segments of attempts. The shares of all of them are known only then.</summary>
    public async Task ListAsync(IEnumerable<(int Attempt, DateTimeOffset Started, DateTimeOffset Ended)> attempts, CancellationToken cancellationToken)
    {
        foreach (var (attempt, started, ended) in attempts)
        {
            var found = new Dictionary<LogSegment, long>();
            await foreach (var item in objects.ListAsync(store.Bucket, store.Keys.Log(runId, attempt), cancellationToken).ConfigureAwait(false))
            {
                if (LogSegment.Of(item) is { } segment)
                {
                    found[segment] = item.Size;
                }
            }

            _segments.AddRange(LogSegment.Cover(found.Keys).Select(s => new LogFigureSegment(attempt, started, ended, s, found[s])));
        }
    }

    /// <summary>Where the log of an attempt ends in S3, in bytes.</summary>
    public long EndOf(int attempt) => _segments.Where(s => s.Attempt == attempt).Select(s => s.Segment.End ?? s.Segment.Start).DefaultIfEmpty(0).Max();

    /// <summary>Reads them, in order.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        // The name of a segment of version 0.1 does not tell its length; text packs to about a fifth.
        var text = _segments.Sum(s => s.TextLength);
        var (share, packedShare) = (Math.Min(1, MostText / (double)Math.Max(1, text)), Math.Min(1, MostPacked / (double)Math.Max(1, _segments.Sum(s => s.PackedLength))));
        into.TotalBytes += text;
        var coming = new Queue<(LogFigureSegment Segment, Task<ReadOnlyMemory<byte>> Packed)>();
        LineDecoder? lines = null;
        var (attempt, last) = (-1, default(DateTimeOffset));
        for (var next = 0; next < _segments.Count || coming.Count > 0;)
        {
            while (coming.Count < Ahead && next < _segments.Count)
            {
                coming.Enqueue((_segments[next], LoadAsync(_segments[next], packedShare, cancellationToken)));
                next++;
            }

            var (segment, loading) = coming.Dequeue();
            if (segment.Attempt != attempt)
            {
                Finish(lines, attempt, last);
                (attempt, last, lines) = (segment.Attempt, segment.Started, new LineDecoder());
            }

            foreach (var (taken, packed) in Parts(await loading.ConfigureAwait(false), segment))
            {
                var time = Clamp(taken, segment);
                // Parts that are cut begin and end within lines.
                Take(packed, share, segment.Attempt, last, time, share < 1 || packedShare < 1 ? new LineDecoder() : lines!, share < 1 || packedShare < 1);
                last = time > last ? time : last;
            }
        }

        Finish(lines, attempt, last);
    }

    /// <summary>The last line of an attempt may have no end.</summary>
    private void Finish(LineDecoder? lines, int attempt, DateTimeOffset time)
    {
        if (lines?.Rest() is { } rest)
        {
            into.Add(rest, time, attempt);
        }
    }

    private void Take(ReadOnlyMemory<byte> packed, double share, int attempt, DateTimeOffset from, DateTimeOffset to, LineDecoder lines, bool isCut)
    {
        var whole = packed.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(packed.Span[^4..]) : 0;
        var data = Begin(packed, share < 1 ? Math.Max(LeastPart, (long)(whole * share)) : int.MaxValue);
        into.ReadBytes += data.Length;
        var text = lines.Append(data);
        var span = to > from ? to - from : TimeSpan.Zero;
        for (var i = isCut ? 1 : 0; i < text.Count; i++)
        {
            // Lines of a part are taken as evenly spread over its time; of one that is cut only the beginning is here.
            into.Add(text[i], from + (span * ((i + 1.0) / Math.Max(1, text.Count) * (isCut ? Math.Min(1, data.Length / (double)Math.Max(1, whole)) : 1))), attempt);
        }
    }

    /// <summary>The first bytes of a gzip member; less if it is damaged or cut.</summary>
    private static byte[] Begin(ReadOnlyMemory<byte> packed, long most)
    {
        using var unpacked = new MemoryStream();
        try
        {
            using var gzip = new GZipStream(new MemoryStream(packed.ToArray(), writable: false), CompressionMode.Decompress);
            var block = new byte[1 << 16];
            for (var count = 1; count > 0 && unpacked.Length < most;)
            {
                count = gzip.Read(block, 0, (int)Math.Min(block.Length, most - unpacked.Length));
                unpacked.Write(block, 0, count);
            }
        }
        catch (InvalidDataException)
        {
            // What came before the damage counts.
        }

        return unpacked.ToArray();
    }

    /// <summary>The parts of a segment, and when S3 took each.</summary>
    private static IEnumerable<(DateTimeOffset Taken, ReadOnlyMemory<byte> Packed)> Parts(ReadOnlyMemory<byte> packed, LogFigureSegment segment)
    {
        var any = false;
        foreach (var (taken, part) in LogParts.Slices(packed))
        {
            any = true;
            yield return (taken ?? segment.Segment.Written, part);
        }

        if (!any && !packed.IsEmpty)
        {
            yield return (segment.Segment.Written, packed);
        }
    }

    private static DateTimeOffset Clamp(DateTimeOffset time, LogFigureSegment segment) => time < segment.Started ? segment.Started : time > segment.Ended ? segment.Ended : time;

    private async Task<ReadOnlyMemory<byte>> LoadAsync(LogFigureSegment segment, double share, CancellationToken cancellationToken)
    {
        var length = Math.Min(segment.PackedLength, Math.Max(1 << 16, (long)(segment.PackedLength * share)));
        var stream = await objects.OpenAsync(store.Bucket, segment.Segment.Key, 0, length, cancellationToken).ConfigureAwait(false);
        if (stream is null)
        {
            // The guard put it into a larger one since it was listed.
            return default;
        }

        await using (stream.ConfigureAwait(false))
        {
            using var buffer = new MemoryStream();
            await stream.CopyToAsync(buffer, cancellationToken).ConfigureAwait(false);
            return buffer.ToArray();
        }
    }
}
