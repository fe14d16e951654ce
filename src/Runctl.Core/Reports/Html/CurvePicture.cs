using System.Globalization;
using System.Text;

namespace Runctl.Reports.Html;

/// <summary>Curves over the time of the run; interruptions are dashed lines, and curves break between attempts.</summary>
internal static class CurvePicture
{
    private const int Height = 200;

    /// <summary>Dashes tell curves apart where colours do not.</summary>
    private static readonly string[] Dashes = ["", "7 3", "2 3", "9 3 2 3", "12 4", "4 2"];

    public static Raw Draw(RunReport report, string id, string title, IReadOnlyList<Curve> curves)
    {
        var axis = new TimeAxis(report.From, report.To);
        var values = ValueAxis.For([.. curves.SelectMany(c => c.Points).Select(p => p.Value)], mayBeLogarithmic: id != "steps");
        var description = $"{string.Join("; ", curves.Select(c => $"{c.Name} from {ReportText.Figure(c.Summaries.Select(s => s.First).OfType<double>().FirstOrDefault())} to {ReportText.Figure(c.Summaries.Select(s => s.Last).OfType<double>().LastOrDefault())}"))}. The table below has the values by attempt.";
        var picture = new Picture(id, title, description, Height);
        return Markup.Of(m =>
        {
            m.Add($"{picture.Around(Markup.Of(p => p.Add($"{picture.Values(values)}{picture.Times(axis)}{Marks(report, axis)}{picture.Stretched(Lines(curves, axis, values))}")))}");
            if (curves.Count > 1 || curves[0].Name != "step")
            {
                m.Add($"<ul class=\"legend\">");
                for (var i = 0; i < curves.Count; i++)
                {
                    m.Add($"<li><svg aria-hidden=\"true\"><line x2=\"24\" y1=\"5\" y2=\"5\" stroke=\"var(--c{i % Dashes.Length})\" stroke-width=\"2.5\" stroke-dasharray=\"{Dashes[i % Dashes.Length]}\"/></svg>{curves[i].Name}</li>");
                }

                m.Add($"</ul>");
            }

            m.Add($"<figcaption>{axis.Caption()}{(values.IsLogarithmic ? " The scale is logarithmic." : "")}{(report.Interruptions.Count > 0 ? " Dashed lines are interruptions." : "")}</figcaption>");
        });
    }

    private static Raw Marks(RunReport report, TimeAxis axis) => Markup.Of(m =>
    {
        foreach (var at in report.Interruptions.Select(i => i.Detected ?? i.Handled).OfType<DateTimeOffset>())
        {
            m.Add($"<line class=\"mark\" x1=\"{axis.Percent(at)}%\" x2=\"{axis.Percent(at)}%\" y1=\"0\" y2=\"{Height}\"/>");
        }
    });

    private static Raw Lines(IReadOnlyList<Curve> curves, TimeAxis axis, ValueAxis values) => Markup.Of(m =>
    {
        for (var i = 0; i < curves.Count; i++)
        {
            foreach (var part in curves[i].Points.GroupBy(p => p.Attempt))
            {
                m.Add($"<polyline class=\"curve\" stroke=\"var(--c{i % Dashes.Length})\" stroke-dasharray=\"{Dashes[i % Dashes.Length]}\" points=\"{new Raw(Points(part, axis, values))}\"/>");
            }
        }
    });

    private static string Points(IEnumerable<CurvePoint> points, TimeAxis axis, ValueAxis values)
    {
        var all = points.Select(p => (X: axis.Percent(p.Time) * 10, Y: values.Y(p.Value))).ToList();
        if (all is [var only])
        {
            // A line of one point is drawn as a dash.
            all.Add((only.X + 3, only.Y));
        }

        var text = new StringBuilder();
        foreach (var (x, y) in all)
        {
            text.Append(CultureInfo.InvariantCulture, $"{x:0.#},{y:0.#} ");
        }

        return text.ToString().TrimEnd();
    }
}
