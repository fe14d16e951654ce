namespace Runctl.Reports;

/// <summary>Thins out a series: of each slice of time it keeps the first, the last, the least and the greatest value, so that no peak gets lost.</summary>
internal static class Thinning
{
    /// <summary>So many slices; a picture is at most about 1,100 pixels wide.</summary>
    public const int Slices = 280;

    /// <summary>The points, at most about four a slice and attempt; all of them if they are few.</summary>
    public static IReadOnlyList<CurvePoint> Of(IReadOnlyList<CurvePoint> points)
    {
        if (points.Count <= Slices * 2)
        {
            return points;
        }

        var (from, to) = (points[0].Time, points[0].Time);
        foreach (var point in points)
        {
            (from, to) = (point.Time < from ? point.Time : from, point.Time > to ? point.Time : to);
        }

        var width = Math.Max(1, (to - from).Ticks / Slices);
        var kept = new List<CurvePoint>();
        for (var begin = 0; begin < points.Count;)
        {
            var (slice, attempt) = (SliceOf(points[begin]), points[begin].Attempt);
            var (least, most, end) = (begin, begin, begin);
            for (; end < points.Count && SliceOf(points[end]) == slice && points[end].Attempt == attempt; end++)
            {
                least = points[end].Value < points[least].Value ? end : least;
                most = points[end].Value > points[most].Value ? end : most;
            }

            foreach (var index in new SortedSet<int> { begin, least, most, end - 1 })
            {
                kept.Add(points[index]);
            }

            begin = end;
        }

        return kept;

        long SliceOf(CurvePoint point) => Math.Min(Slices - 1, (point.Time - from).Ticks / width);
    }
}
