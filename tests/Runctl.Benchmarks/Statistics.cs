using System.Globalization;

namespace Runctl.Benchmarks;

/// <summary>Median and extremes of measured seconds, as a row of a Markdown table.</summary>
internal static class Statistics
{
    public const string Header = "| measured | median | best | worst | of | target |\n|---|---|---|---|---|---|";

    public static string Row(string what, IReadOnlyCollection<double> seconds, string target)
    {
        var sorted = seconds.Order().ToArray();
        var median = sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
        return $"| {what} | {Format(median)} | {Format(sorted[0])} | {Format(sorted[^1])} | {sorted.Length} | {target} |";
    }

    private static string Format(double seconds) => Math.Abs(seconds) < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{seconds:0.00} s");
}
