using System.Globalization;
using Runctl.Ports;

namespace Runctl.Logs;

/// <summary>A segment of a log in S3.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="End">Offset after its last byte; null for a segment of version 0.1, whose name does not tell.</param>
/// <param name="Key">Its key.</param>
/// <param name="Version">Changes if it is written again, as version 0.1 does after a lost answer: then it holds at least what it held.</param>
/// <param name="Written">When S3 took it: not before any of its bytes were printed.</param>
internal sealed record LogSegment(long Start, long? End, string Key, string? Version, DateTimeOffset Written)
{
    private const string Ending = ".gz";

    /// <summary>The segment that an object is, by its name (<c>000000000000-000000020480.gz</c>); null if it is none.</summary>
    public static LogSegment? Of(ObjectRecord item)
    {
        var name = item.Key.AsSpan(item.Key.LastIndexOf('/') + 1);
        if (!name.EndsWith(Ending, StringComparison.Ordinal))
        {
            return null;
        }

        name = name[..^Ending.Length];
        var dash = name.IndexOf('-');
        if (!TryRead(dash < 0 ? name : name[..dash], out var start))
        {
            return null;
        }

        return dash < 0 ? new LogSegment(start, null, item.Key, item.ETag, item.LastModified)
            : TryRead(name[(dash + 1)..], out var end) && end > start ? new LogSegment(start, end, item.Key, item.ETag, item.LastModified)
            : null;
    }

    /// <summary>Of segments in the order of their names, those that are needed to have each byte once: what lies inside another one is left out.</summary>
    public static List<LogSegment> Cover(IEnumerable<LogSegment> segments, long from = 0)
    {
        var needed = new List<LogSegment>();
        var covered = from;
        foreach (var segment in segments.OrderBy(s => s.Start).ThenByDescending(s => s.End ?? 0))
        {
            if (segment.End is null || segment.End > covered)
            {
                needed.Add(segment);
                covered = segment.End ?? covered;
            }
        }

        return needed;
    }

    private static bool TryRead(ReadOnlySpan<char> digits, out long value) => long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
