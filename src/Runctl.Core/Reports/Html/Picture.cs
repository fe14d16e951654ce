namespace Runctl.Reports.Html;

/// <summary>
/// A picture with a plot area as wide as the page lets it be: positions are in percent, texts keep their size, and curves stretch. A reader who cannot see it
/// has its title, its description and the table beside it.
/// </summary>
/// <param name="id">Unique on the page.</param>
/// <param name="title">What it shows.</param>
/// <param name="description">What is to be seen, in a sentence.</param>
/// <param name="height">Height of the plot area in pixels; the axis is below it.</param>
internal sealed class Picture(string id, string title, string description, int height)
{
    private const int AxisHeight = 24;

    /// <summary>The picture around what is drawn.</summary>
    public Raw Around(Raw drawing) => Markup.Of(m => m.Add(
        $"<svg class=\"plot\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" height=\"{height + AxisHeight}\"><title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{description}</desc>{drawing}</svg>"));

    /// <summary>The labels of the time axis, with a line up through the plot.</summary>
    public Raw Times(TimeAxis axis) => Markup.Of(m =>
    {
        foreach (var (x, label, isWideOnly) in axis.Ticks())
        {
            var anchor = x < 4 ? "start" : x > 96 ? "end" : "middle";
            m.Add($"<g{new Raw(isWideOnly ? " class=\"w\"" : "")}><line class=\"grid\" x1=\"{x}%\" x2=\"{x}%\" y1=\"0\" y2=\"{height + 4}\"/><text x=\"{x}%\" y=\"{height + 18}\" text-anchor=\"{anchor}\">{label}</text></g>");
        }
    });

    /// <summary>The labels of a value axis at the left, with a line across.</summary>
    public Raw Values(ValueAxis axis) => Markup.Of(m =>
    {
        foreach (var (y, label) in axis.Ticks())
        {
            var at = y / 1000 * height;
            m.Add($"<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{at}\" y2=\"{at}\"/><text x=\"-8\" y=\"{at + 4}\" text-anchor=\"end\">{label}</text>");
        }
    });

    /// <summary>An area that stretches to the width of the plot and has a thousand units each way.</summary>
    public Raw Stretched(Raw drawing) => Markup.Of(m => m.Add($"<svg x=\"0\" y=\"0\" width=\"100%\" height=\"{height}\" viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" overflow=\"visible\">{drawing}</svg>"));
}
