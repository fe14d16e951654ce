namespace Runctl.Reports;

/// <summary>A series of values over time; it breaks between attempts.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Points">In the order of attempts, and of time within each; thinned out for a picture.</param>
/// <param name="Summaries">One line an attempt, over all values before they were thinned out.</param>
internal sealed record Curve(string Name, IReadOnlyList<CurvePoint> Points, IReadOnlyList<CurveSummary> Summaries);
