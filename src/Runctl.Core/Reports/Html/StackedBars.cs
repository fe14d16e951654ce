namespace Runctl.Reports.Html;

/// <summary>Bars of phases, one a row, that share an axis of seconds.</summary>
/// <param name="id">Unique on the page.</param>
/// <param name="title">What they show.</param>
/// <param name="colours">The colour of each phase by its name, in the order of the legend.</param>
internal sealed class StackedBars(string id, string title, IReadOnlyDictionary<string, string> colours)
{
    private const int Row = 24;
    private const int MostRows = 20;
    private const string OtherColour = "var(--b0)";

    /// <summary>The picture; nothing if no row has a phase.</summary>
    public Raw Draw(IReadOnlyList<(string Label, IReadOnlyList<ReportPhase> Phases)> all)
    {
        var measured = all.Where(r => r.Phases.Sum(p => p.Seconds) > 0).ToList();
        // In their order, but the longest ones if there are too many.
        var longest = measured.OrderByDescending(r => r.Phases.Sum(p => p.Seconds)).Take(MostRows).ToHashSet();
        var rows = measured.Where(longest.Contains).ToList();
        if (rows.Count == 0)
        {
            return new Raw("");
        }

        var most = rows.Max(r => r.Phases.Sum(p => p.Seconds));
        var height = rows.Count * Row;
        var picture = new Picture(id, title, $"{rows.Count} {(rows.Count == 1 ? "bar" : "bars")}; the longest is {ReportText.Seconds(most)}. The table below has the same numbers.", height);
        return Markup.Of(m =>
        {
            m.Add($"<p>{title}{(rows.Count < measured.Count ? $" (the {rows.Count} longest of {measured.Count})" : "")}</p>");
            m.Add($"{picture.Around(Drawing(rows, most, height))}<ul class=\"legend\">");
            foreach (var name in colours.Keys.Where(n => rows.Exists(r => r.Phases.Any(p => p.Name == n))).Concat(rows.SelectMany(r => r.Phases).Select(p => p.Name).Where(n => !colours.ContainsKey(n)).Distinct()))
            {
                m.Add($"<li><svg aria-hidden=\"true\"><rect width=\"24\" height=\"10\" fill=\"{colours.GetValueOrDefault(name, OtherColour)}\"/></svg>{name}</li>");
            }

            m.Add($"</ul>");
        });
    }

    private Raw Drawing(List<(string Label, IReadOnlyList<ReportPhase> Phases)> rows, double most, int height) => Markup.Of(m =>
    {
        var (unit, name) = most >= 7200 ? (3600.0, "h") : most >= 180 ? (60.0, "min") : (1.0, "s");
        var axis = ValueAxis.For([0, most / unit]);
        var ticks = axis.Ticks();
        for (var i = 0; i < ticks.Count; i++)
        {
            var x = (1000 - ticks[i].Y) / 10;
            var anchor = x < 4 ? "start" : x > 96 ? "end" : "middle";
            // Of more than four every second one gives way on a narrow screen.
            m.Add($"<g{new Raw(ticks.Count > 4 && i % 2 == 1 ? " class=\"w\"" : "")}><line class=\"grid\" x1=\"{x}%\" x2=\"{x}%\" y1=\"0\" y2=\"{height + 4}\"/><text x=\"{x}%\" y=\"{height + 18}\" text-anchor=\"{anchor}\">{ticks[i].Label} {name}</text></g>");
        }

        for (var row = 0; row < rows.Count; row++)
        {
            m.Add($"<text class=\"name\" x=\"-8\" y=\"{(row * Row) + 16}\" text-anchor=\"end\">{rows[row].Label}</text>");
            var begin = 0.0;
            foreach (var phase in rows[row].Phases)
            {
                var (from, to) = ((1000 - axis.Y(begin / unit)) / 10, (1000 - axis.Y((begin + phase.Seconds) / unit)) / 10);
                m.Add($"<rect x=\"{from}%\" y=\"{(row * Row) + 4}\" width=\"{to - from}%\" height=\"{Row - 8}\" fill=\"{colours.GetValueOrDefault(phase.Name, OtherColour)}\"><title>{phase.Name}: {ReportText.Seconds(phase.Seconds)}</title></rect>");
                begin += phase.Seconds;
            }
        }
    });
}
