using System.Globalization;

namespace Runctl.Reports.Html;

/// <summary>The times that a picture spans, and the labels below it.</summary>
internal sealed class TimeAxis
{
    private const int MostTicks = 7;

    private static readonly int[] Steps =
    [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
    ];

    private readonly DateTimeOffset _from;
    private readonly double _seconds;

    public TimeAxis(DateTimeOffset from, DateTimeOffset to)
    {
        _from = from;
        _seconds = Math.Max(1, (to - from).TotalSeconds);
    }

    /// <summary>Where a time lies, in percent of the width.</summary>
    public double Percent(DateTimeOffset time) => Math.Clamp((time - _from).TotalSeconds / _seconds * 100, 0, 100);

    /// <summary>Ticks at round times; of more than four every second one gives way on a narrow screen.</summary>
    public IReadOnlyList<(double Percent, string Label, bool IsWideOnly)> Ticks()
    {
        var step = Array.Find(Steps, s => _seconds / s <= MostTicks) is > 0 and var found ? found : Steps[^1] * Math.Ceiling(_seconds / Steps[^1] / MostTicks);
        var first = Math.Ceiling(_from.ToUnixTimeMilliseconds() / 1000.0 / step) * step;
        var times = new List<DateTimeOffset>();
        for (var at = first; at <= (_from.ToUnixTimeMilliseconds() / 1000.0) + _seconds; at += step)
        {
            times.Add(DateTimeOffset.FromUnixTimeSeconds((long)at));
        }

        var form = step >= 86_400 ? "d MMM" : step >= 60 ? "HH:mm" : "HH:mm:ss";
        return [.. times.Select((time, i) => (Percent(time), time.UtcDateTime.ToString(step >= 60 && time.UtcDateTime.TimeOfDay == TimeSpan.Zero ? "d MMM" : form, CultureInfo.InvariantCulture), times.Count > 4 && i % 2 == 1))];
    }

    /// <summary>The days of the span, for below the labels.</summary>
    public string Caption()
    {
        var (from, to) = (_from.UtcDateTime, _from.UtcDateTime.AddSeconds(_seconds));
        return from.Date == to.Date
            ? string.Create(CultureInfo.InvariantCulture, $"Times are UTC, on {from:d MMMM yyyy}.")
            : string.Create(CultureInfo.InvariantCulture, $"Times are UTC, from {from:d MMMM yyyy, HH:mm} to {to:d MMMM yyyy, HH:mm}.");
    }
}
