namespace Runctl.Reports.Html;

/// <summary>Attempts and interruptions on one line of time.</summary>
internal static class TimelinePicture
{
    private const int Height = 84;
    private const int Top = 22;
    private const int Bar = 34;

    /// <summary>Numbers of attempts stand at least so far apart, in percent: three digits fit on a narrow screen.</summary>
    private const double LabelDistance = 10;

    public static Raw Draw(RunReport report)
    {
        var axis = new TimeAxis(report.From, report.To);
        var drawn = report.Attempts.Where(a => a is { Started: not null, ShownEnd: not null }).ToList();
        var description = $"{drawn.Count} {(drawn.Count == 1 ? "attempt" : "attempts")} and {report.Interruptions.Count} {(report.Interruptions.Count == 1 ? "interruption" : "interruptions")}; the table below has the same times.";
        var picture = new Picture("timeline", "Attempts over time", description, Height);
        return Markup.Of(m => m.Add($"{picture.Around(Markup.Of(p => p.Add($"{Drawing(report, drawn, axis, picture)}")))}{Legend(report, drawn)}<figcaption>{axis.Caption()}</figcaption>"));
    }

    private static Raw Drawing(RunReport report, IReadOnlyList<ReportAttempt> drawn, TimeAxis axis, Picture picture) => Markup.Of(m =>
    {
        m.Add($"{picture.Times(axis)}<rect class=\"track\" x=\"0\" y=\"{Top}\" width=\"100%\" height=\"{Bar}\"/>");
        var free = double.MinValue;
        foreach (var attempt in drawn)
        {
            var (x, end) = (axis.Percent(attempt.Started!.Value), axis.Percent(attempt.ShownEnd!.Value));
            if (attempt.StartPhases.Sum(p => p.Seconds) is > 0 and var seconds)
            {
                var from = axis.Percent(attempt.Started.Value.AddSeconds(-seconds));
                m.Add($"<rect x=\"{from}%\" y=\"{Top + 12}\" width=\"{x - from}%\" height=\"{Bar - 24}\" fill=\"var(--b1)\"/>");
            }

            // The outline keeps an attempt of seconds visible in a run of weeks.
            m.Add($"<rect x=\"{x}%\" y=\"{Top}\" width=\"{end - x}%\" height=\"{Bar}\" fill=\"{Colour(attempt.State)}\" stroke=\"{Colour(attempt.State)}\" stroke-width=\"1\"><title>{Title(attempt)}</title></rect>");
            var middle = (x + end) / 2;
            if (middle >= free)
            {
                var anchor = middle < 3 ? "start" : middle > 97 ? "end" : "middle";
                m.Add($"<text class=\"name\" x=\"{middle}%\" y=\"{Top + Bar + 16}\" text-anchor=\"{anchor}\">{attempt.Number}</text>");
                free = middle + LabelDistance;
            }
        }

        foreach (var interruption in report.Interruptions)
        {
            if (interruption is { Detected: { } detected, Handled: { } handled })
            {
                m.Add($"<rect x=\"{axis.Percent(detected)}%\" y=\"{Top}\" width=\"{axis.Percent(handled) - axis.Percent(detected)}%\" height=\"{Bar}\" fill=\"var(--a0)\"/>");
            }

            if ((interruption.Detected ?? interruption.Handled) is { } at)
            {
                m.Add($"<svg x=\"{axis.Percent(at)}%\" y=\"{Top - 14}\" overflow=\"visible\"><path d=\"M-6 0H6L0 11Z\" fill=\"var(--cut)\"><title>Interruption of attempt {interruption.Attempt} at {ReportText.TimeUtc(at)}</title></path></svg>");
            }
        }
    });

    private static Raw Legend(RunReport report, IReadOnlyList<ReportAttempt> drawn) => Markup.Of(m =>
    {
        m.Add($"<ul class=\"legend\">");
        foreach (var state in drawn.Select(a => a.State).Distinct())
        {
            m.Add($"<li><svg aria-hidden=\"true\"><rect width=\"24\" height=\"10\" fill=\"{Colour(state)}\"/></svg>{state}</li>");
        }

        if (drawn.Any(a => a.StartPhases.Count > 0))
        {
            m.Add($"<li><svg aria-hidden=\"true\"><rect y=\"2\" width=\"24\" height=\"6\" fill=\"var(--b1)\"/></svg>coming up</li>");
        }

        if (report.Interruptions.Any(i => i.Detected is not null))
        {
            m.Add($"<li><svg aria-hidden=\"true\"><path d=\"M6 0H18L12 11Z\" fill=\"var(--cut)\"/></svg>interruption</li>");
        }

        m.Add($"</ul>");
    });

    private static string Colour(string state) => state switch
    {
        "finished" => "var(--ok)",
        "failed" or "lost" => "var(--bad)",
        "interrupted" or "interrupting" => "var(--c5)",
        "stopped" or "stopping" => "var(--off)",
        _ => "var(--run)",
    };

    private static string Title(ReportAttempt attempt) =>
        $"Attempt {attempt.Number}: {attempt.State}, {ReportText.TimeUtc(attempt.Started)} to {(attempt.Ended is null && attempt.State == "running" ? "now" : ReportText.TimeUtc(attempt.Ended))}";
}
