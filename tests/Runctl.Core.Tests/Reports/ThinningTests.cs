using Runctl.Reports;

namespace Runctl.Core.Tests.Reports;

public sealed class ThinningTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Few_points_stay_as_they_are() => Assert.Equal(3, Thinning.Of([.. Enumerable.Range(0, 3).Select(i => new CurvePoint(Noon.AddSeconds(i), i, 1))]).Count);

    [Fact]
    public void Of_many_points_peaks_ends_and_order_stay()
    {
        var points = Enumerable.Range(0, 100_000).Select(i => new CurvePoint(Noon.AddSeconds(i), i switch { 31_337 => 1000, 77_777 => -1000, _ => Math.Sin(i) }, i < 50_000 ? 1 : 2)).ToList();
        var kept = Thinning.Of(points);
        Assert.InRange(kept.Count, Thinning.Slices, (Thinning.Slices + 1) * 4);
        Assert.Contains(points[31_337], kept);
        Assert.Contains(points[77_777], kept);
        Assert.Equal((points[0], points[^1]), (kept[0], kept[^1]));
        Assert.Equal(kept.OrderBy(p => p.Time), kept);
        Assert.Equal([1, 2], kept.Select(p => p.Attempt).Distinct());
    }
}
