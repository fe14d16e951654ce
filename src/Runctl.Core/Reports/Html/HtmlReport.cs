using System.Globalization;

namespace Runctl.Reports.Html;

/// <summary>
/// A report as one page of HTML that needs nothing else: styles and pictures are in it, it has no script, and its policy forbids a browser to load or run
/// anything.
/// </summary>
internal static class HtmlReport
{
    private static readonly Dictionary<string, string> SaveColours = Colours("a", ["detect", "signal", "save", "check", "upload", "commit"]);
    private static readonly Dictionary<string, string> ReturnColours = Colours("b", ["waiting", "launch and boot", "code", "restore", "setup", "start"]);

    /// <summary>The page.</summary>
    public static string Write(RunReport report) => new Markup().Add(
        $"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="color-scheme" content="light dark">
        <title>Run {report.RunId}</title><style>{new Raw(ReportStyle.Css)}</style></head><body>
        {Head(report)}
        {Timeline(report)}
        {Interruptions(report)}
        {Curves(report, "steps", "Steps over time", report.Steps is { } steps ? [steps] : [], "Nothing tells of steps: the script reports none, and neither events nor log name any.")}
        {Curves(report, "losses", "Loss, from the log", report.Losses, "The log has no figures that look like a loss, or there is no log.")}
        {(report.Scores.Count > 0 ? Curves(report, "scores", "Accuracy, from the log", report.Scores, "") : new Raw(""))}
        {Checkpoints(report)}
        {Cost(report)}
        {Events(report)}
        {Foot(report)}
        </body></html>

        """).ToString();

    private static Raw Head(RunReport report) => Markup.Of(m =>
    {
        m.Add($"<header><h1>{report.RunId} <span class=\"state {new Raw(StateClass(report.State))}\">{report.State}</span></h1>");
        m.Add($"<p class=\"dim\">{string.Join(" · ", new[] { report.ProjectName, report.Script, report.Region }.Where(t => !string.IsNullOrEmpty(t)))}</p>");
        m.Add($"<p class=\"dim\">As of {ReportText.TimeUtc(report.AsOf)}</p><dl class=\"facts\">");
        Fact("Duration", ReportText.Duration(report.Duration), $"{report.Attempts.Count} {(report.Attempts.Count == 1 ? "attempt" : "attempts")}");
        Fact("Cost", ReportText.Money(report.Cost), report.OnDemand is { } full ? $"on-demand {ReportText.Money(full)}" : "on-demand unknown");
        Fact("Saved", report is { OnDemand: { } all, Cost: { } cost } ? ReportText.Money(all - cost) : ReportText.Unknown, report is { OnDemand: > 0 and var whole, Cost: { } part } ? string.Create(CultureInfo.InvariantCulture, $"{(whole - part) / whole * 100:0} % of on-demand") : "");
        Fact("Interruptions", ReportText.Count(report.InterruptionCount ?? (report.Interruptions.Count > 0 ? report.Interruptions.Count : null)), "");
        Fact("Steps lost", ReportText.Count(report.StepsLost), report.LastStep is { } last ? $"last step {ReportText.Count(last)}" : "last step unknown");
        m.Add($"</dl></header>");

        void Fact(string name, string value, string below) => m.Add($"<div><dt>{name}</dt><dd>{value}<small>{below}</small></dd></div>");
    });

    private static Raw Timeline(RunReport report) => Markup.Of(m =>
    {
        m.Add($"<section><h2>Attempts</h2>");
        if (!report.Attempts.Any(a => a.Started is not null))
        {
            m.Add($"<p>No attempt has started yet, as far as is known.</p>");
        }
        else
        {
            m.Add($"<figure>{TimelinePicture.Draw(report)}</figure>");
        }

        var table = new Table("attempts", "#Attempt", "State", "Instance", "Started (UTC)", "Ended (UTC)", "#Duration", "#Steps", "#Lost");
        foreach (var a in report.Attempts)
        {
            var place = string.Join(" · ", new[] { a.InstanceType, a.AvailabilityZone, a.IsSpot switch { true => "spot", false => "on-demand", _ => null } }.OfType<string>());
            table.Add(
                Table.Cell(ReportText.Count(a.Number)),
                a.ExitCode is { } code ? Table.Cell(a.State, $"exit code {ReportText.Count(code)}") : Table.Cell(a.State),
                Table.Cell(ReportText.Or(a.InstanceId), place),
                Table.Cell(ReportText.Time(a.Started)),
                Table.Cell(a.Ended is null && a.State == "running" ? "runs" : ReportText.Time(a.Ended)),
                Table.Cell(ReportText.Duration(a.Duration)),
                Table.Cell(ReportText.Steps(a.FirstStep, a.LastStep)),
                Table.Cell(a.Number == report.Attempts[0].Number ? "" : ReportText.Count(a.StepsLost)));
        }

        m.Add($"{Folded(table.ToRaw(), report.Attempts.Count, "attempts")}</section>");
    });

    private static Raw Interruptions(RunReport report) => Markup.Of(m =>
    {
        m.Add($"<section><h2>Interruptions</h2>");
        if (report.Interruptions.Count == 0)
        {
            m.Add($"<p>{(report.InterruptionCount is null && report.Events.Count == 0 ? "No interruption is known; there are no events of this run to tell." : "None.")}</p></section>");
            return;
        }

        m.Add($"<figure>{new StackedBars("saves", "From the notice to the commit in S3", SaveColours).Draw([.. report.Interruptions.Select(i => ($"{i.Attempt}", i.SavePhases))])}</figure>");
        m.Add($"<figure>{new StackedBars("returns", "From the end of an attempt to the start of the next", ReturnColours).Draw([.. report.Interruptions.Select(i => ($"{i.Attempt}→{i.NextAttempt}", i.ReturnPhases))])}</figure>");
        var table = new Table("interruptions", "#Attempt", "Notice (UTC)", "Outcome", "Save", "#Left", "Return", "#Gap", "#Steps lost");
        foreach (var i in report.Interruptions)
        {
            table.Add(
                Table.Cell(i.NextAttempt is { } next ? $"{i.Attempt} → {next}" : $"{i.Attempt}"),
                i.Source is { } source ? Table.Cell(ReportText.Time(i.Detected), source) : Table.Cell(ReportText.Time(i.Detected)),
                Table.Cell(i.WasWithdrawn ? $"{ReportText.Or(i.Outcome)}; withdrawn" : ReportText.Or(i.Outcome)),
                Table.Cell(Phases(i.SavePhases)),
                Table.Cell(ReportText.Seconds(i.SecondsToDeadline)),
                Table.Cell(i.NextAttempt is null ? "" : Phases(i.ReturnPhases)),
                Table.Cell(i.NextAttempt is null ? "" : ReportText.Duration(i.Gap)),
                Table.Cell(i.NextAttempt is null ? "" : ReportText.Count(i.StepsLost)));
        }

        m.Add($"{Folded(table.ToRaw(), report.Interruptions.Count, "interruptions")}<p class=\"dim\">Left is the time between the commit and the deadline of the notice.</p></section>");
    });

    private static string Phases(IReadOnlyList<ReportPhase> phases) =>
        phases.Count == 0 ? ReportText.Unknown : string.Join(", ", phases.Select(p => $"{p.Name} {ReportText.Seconds(p.Seconds)}"));

    private static Raw Curves(RunReport report, string id, string title, IReadOnlyList<Curve> curves, string none) => Markup.Of(m =>
    {
        m.Add($"<section><h2>{title}</h2>");
        if (!curves.Any(c => c.Points.Count > 0))
        {
            m.Add($"<p>{none}</p></section>");
            return;
        }

        m.Add($"<figure>{CurvePicture.Draw(report, id, title, curves)}</figure>");
        var table = new Table($"{id}-values", "Figure", "#Attempt", "#Values", "#First", "#Last", "#Lowest", "#Highest", "#Not a number");
        foreach (var (curve, s) in curves.SelectMany(c => c.Summaries.Select(s => (c, s))))
        {
            table.Add(
                Table.Cell(curve.Name), Table.Cell(ReportText.Count(s.Attempt)), Table.Cell(ReportText.Count(s.Count)),
                Table.Cell(ReportText.Figure(s.First)), Table.Cell(ReportText.Figure(s.Last)), Table.Cell(ReportText.Figure(s.Least)), Table.Cell(ReportText.Figure(s.Most)), Table.Cell(ReportText.Count(s.NotFinite)));
        }

        m.Add($"<details><summary>The values by attempt</summary>{table.ToRaw()}</details></section>");
    });

    private static Raw Checkpoints(RunReport report) => Markup.Of(m =>
    {
        m.Add($"<section><h2>Checkpoints</h2>");
        if (report.Checkpoints is not { Count: > 0 } all)
        {
            m.Add($"<p>{(report.Checkpoints is null ? "Unknown: there is no bucket to ask, and no event tells of one." : "None.")}</p></section>");
            return;
        }

        m.Add($"<p>{string.Join(", ", all.GroupBy(c => c.Place).OrderBy(g => g.Key).Select(g => $"{ReportText.Count(g.Count())} {ReportText.Place(g.Key)} ({ReportText.Size(Total(g))})"))}{(report.CheckpointsOmitted > 0 ? $"; {ReportText.Count(report.CheckpointsOmitted)} older ones are not shown" : "")}.</p>");
        var table = new Table("checkpoints", "Saved (UTC)", "Checkpoint", "#Attempt", "#Step", "#Size", "Where");
        foreach (var c in all)
        {
            var where = c.Place == CheckpointPlace.OnDisk ? c.InstanceId : c.Uri;
            table.Add(
                Table.Cell(ReportText.Time(c.SavedAt)),
                c.Reason is { } reason ? Markup.Of(t => t.Add($"<code>{c.Name}</code><small>{reason}</small>")) : Table.Code(c.Name),
                Table.Cell(ReportText.Count(c.Attempt)), Table.Cell(ReportText.Step(c)), Table.Cell(ReportText.Size(c.Size)),
                Markup.Of(t => t.Add($"{ReportText.Place(c.Place)}{(where is null ? new Raw("") : Markup.Of(u => u.Add($"<br><code>{where}</code>")))}")));
        }

        m.Add($"{Folded(table.ToRaw(), all.Count, "checkpoints")}</section>");
    });

    private static long? Total(IEnumerable<ReportCheckpoint> checkpoints) => checkpoints.Aggregate((long?)0, (sum, c) => sum + c.Size);

    private static Raw Cost(RunReport report) => Markup.Of(m =>
    {
        m.Add($"<section><h2>Cost</h2>");
        if (report is { Cost: { } cost, OnDemand: { } full } && full > 0)
        {
            var picture = new Picture("cost", "Cost against on-demand", $"The run cost {ReportText.Money(cost)}; on-demand instances would have cost {ReportText.Money(full)}.", 84);
            var most = (double)Math.Max(cost, full);
            m.Add($"<figure>{picture.Around(Markup.Of(p => p.Add($"<text class=\"name\" x=\"0\" y=\"14\">{ReportText.Money(cost)} for this run</text><rect x=\"0\" y=\"20\" height=\"18\" width=\"{(double)cost / most * 100}%\" fill=\"var(--ok)\"/><text class=\"name\" x=\"0\" y=\"62\">{ReportText.Money(full)} on-demand</text><rect x=\"0\" y=\"68\" height=\"18\" width=\"{(double)full / most * 100}%\" fill=\"var(--off)\"/>")))}</figure>");
        }
        else
        {
            m.Add($"<p>{(report.Cost is { } known ? $"{ReportText.Money(known)}. What on-demand instances would have cost is unknown: .runctl.toml has no [prices] of their types." : "Unknown: a price, a type, a zone or the end of an attempt is not known.")}</p>");
        }

        if (report.Attempts.Any(a => a.Cost is not null || a.OnDemand is not null))
        {
            var table = new Table("costs", "#Attempt", "Instance type", "Bought as", "#Time", "#Cost", "#On-demand");
            foreach (var a in report.Attempts)
            {
                table.Add(
                    Table.Cell(ReportText.Count(a.Number)), Table.Cell(ReportText.Or(a.InstanceType)), Table.Cell(a.IsSpot switch { true => "spot", false => "on-demand", _ => ReportText.Unknown }),
                    Table.Cell(ReportText.Duration(a.Duration)), Table.Cell(ReportText.Money(a.Cost)), Table.Cell(ReportText.Money(a.OnDemand)));
            }

            m.Add($"<details><summary>The cost by attempt</summary>{table.ToRaw()}</details>");
        }

        m.Add($"<p class=\"dim\">For the time the attempts trained, by the second. Volumes, traffic and storage are not included.</p></section>");
    });

    private static Raw Events(RunReport report) => Markup.Of(m =>
    {
        m.Add($"<section><h2>Events</h2>");
        if (report.EventsOmitted.Count > 0)
        {
            m.Add($"<p>Not shown: {string.Join(", ", report.EventsOmitted.Select(o => $"{ReportText.Count(o.Value)} {o.Key}"))}.</p>");
        }

        if (report.Events.Count == 0)
        {
            m.Add($"<p>None are known.</p></section>");
            return;
        }

        var table = new Table("events", "Time (UTC)", "Kind", "#Attempt", "Message");
        foreach (var e in report.Events)
        {
            table.Add(Table.Cell(ReportText.Time(e.Time)), Table.Cell(e.Kind), Table.Cell(e.Attempt is { } attempt ? ReportText.Count(attempt) : ""), Table.Cell(e.Message));
        }

        m.Add($"{Folded(table.ToRaw(), report.Events.Count, "events")}</section>");
    });

    private static Raw Foot(RunReport report) => Markup.Of(m =>
    {
        m.Add($"<footer><p>Made by Runctl. All times are UTC.</p>");
        if (report.Notes.Count > 0)
        {
            m.Add($"<ul>");
            foreach (var note in report.Notes)
            {
                m.Add($"<li>{note}</li>");
            }

            m.Add($"</ul>");
        }

        m.Add($"</footer>");
    });

    /// <summary>A long table is folded away.</summary>
    private static Raw Folded(Raw table, int rows, string what) => rows <= 12 ? table : Markup.Of(m => m.Add($"<details><summary>All {ReportText.Count(rows)} {what}</summary>{table}</details>"));

    /// <summary>Only a known word becomes a class.</summary>
    private static string StateClass(string state) =>
        state is "finished" or "running" or "preparing" or "restoring" or "setup" or "claimed" or "failed" or "lost" or "interrupted" or "interrupting" ? state : "";

    private static Dictionary<string, string> Colours(string letter, string[] names) => names.Select((name, i) => (name, i)).ToDictionary(n => n.name, n => $"var(--{letter}{n.i})", StringComparer.Ordinal);
}
