using System.Globalization;
using System.Runtime.CompilerServices;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Logs;

/// <summary>The segments of one attempt's log by where they begin. Names sort as their offsets do, so that nothing is listed twice.</summary>
internal sealed class SegmentListing(IObjectStore objects, string bucket, RunKeys keys, string runId, int attempt)
{
    private const int PageSize = 1000;

    private readonly string _prefix = keys.Log(runId, attempt);
    private readonly string _record = keys.Record(runId);

    /// <summary>The segments from the one that begins at an offset on.</summary>
    public async IAsyncEnumerable<LogSegment> FromAsync(long start, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in objects.ListAfterAsync(bucket, _prefix, After(start), cancellationToken).ConfigureAwait(false))
        {
            if (LogSegment.Of(item) is { } segment)
            {
                yield return segment;
            }
        }
    }

    /// <summary>Segments from an offset on, and how the record stands, in one request: its name sorts after those of all logs.</summary>
    public async Task<LogLook> LookAsync(long start, CancellationToken cancellationToken)
    {
        var (segments, left) = (new List<LogSegment>(), PageSize);
        await foreach (var item in objects.ListAfterAsync(bucket, keys.Run(runId), After(start), cancellationToken).ConfigureAwait(false))
        {
            if (item.Key == _record)
            {
                return new LogLook(segments, IsFull: false, item.ETag ?? "");
            }

            if (item.Key.StartsWith(_prefix, StringComparison.Ordinal) && LogSegment.Of(item) is { } segment)
            {
                segments.Add(segment);
            }

            if (--left == 0)
            {
                return new LogLook(segments, IsFull: item.Key.StartsWith(_prefix, StringComparison.Ordinal), null);
            }
        }

        return new LogLook(segments, IsFull: false, "");
    }

    /// <summary>The last segment that is still before something, after up to a page of those before it; found by halving, not by listing all.</summary>
    /// <param name="isBefore">True for all segments up to some point, and for none after it.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async Task<List<LogSegment>> LastAsync(Func<LogSegment, bool> isBefore, CancellationToken cancellationToken)
    {
        List<LogSegment> best = [];
        long low = -1, step = 0, probe = 0;
        long? high = null;
        while (high is null || low + 1 < high)
        {
            var page = await PageAsync(probe, cancellationToken).ConfigureAwait(false);
            if (page.Count > 0 && isBefore(page[0]))
            {
                best = page;
                if (page.Count < PageSize || !isBefore(page[^1]))
                {
                    return [.. page.TakeWhile(isBefore)];
                }

                step = Math.Max(1, (page[^1].Start - page[0].Start) * 2) + step;
                low = page[^1].Start;
            }
            else
            {
                high = probe;
            }

            probe = high is { } limit ? low + ((limit - low) / 2) : low + step;
        }

        return best;
    }

    private async Task<List<LogSegment>> PageAsync(long start, CancellationToken cancellationToken)
    {
        var page = new List<LogSegment>();
        await foreach (var segment in FromAsync(start, cancellationToken).ConfigureAwait(false))
        {
            page.Add(segment);
            if (page.Count == PageSize)
            {
                break;
            }
        }

        return page;
    }

    // Without what follows the number it sorts right before the segments that begin there.
    private string After(long start) => _prefix + start.ToString("D12", CultureInfo.InvariantCulture);
}
