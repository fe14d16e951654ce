using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Runctl.Reports;

/// <summary>A report as Markdown: tables only. Text of others stands in code spans, where nothing is a link, a mention or markup.</summary>
internal static partial class MarkdownReport
{
    private const int MostRows = 200;

    /// <summary>The text.</summary>
    public static string Write(RunReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Run {Code(report.RunId)}\n\n");
        Table(text, ["Fact", "Value"], Facts(report));
        Section(text, "Attempts", ["Attempt", "State", "Instance", "Started (UTC)", "Ended (UTC)", "Duration", "Steps", "Lost", "Cost", "On-demand"], [.. report.Attempts.Select(a => new[]
        {
            $"{a.Number}", Code(a.State), string.Join(" ", new[] { a.InstanceId, a.InstanceType, a.AvailabilityZone }.Where(t => t is not null).Select(Code)), ReportText.Time(a.Started), a.Ended is null && a.State == "running" ? "runs" : ReportText.Time(a.Ended),
            ReportText.Duration(a.Duration), ReportText.Steps(a.FirstStep, a.LastStep), a.Number == report.Attempts[0].Number ? "" : ReportText.Count(a.StepsLost), ReportText.Money(a.Cost), ReportText.Money(a.OnDemand),
        })], "None is known.");
        Section(text, "Interruptions", ["Attempt", "Notice (UTC)", "Outcome", "Save", "Left", "Return", "Gap", "Steps lost"], [.. report.Interruptions.Select(i => new[]
        {
            i.NextAttempt is { } next ? $"{i.Attempt} → {next}" : $"{i.Attempt}", ReportText.Time(i.Detected), i.Outcome is null ? ReportText.Unknown : Code(i.Outcome), Phases(i.SavePhases), ReportText.Seconds(i.SecondsToDeadline),
            i.NextAttempt is null ? "" : Phases(i.ReturnPhases), i.NextAttempt is null ? "" : ReportText.Duration(i.Gap), i.NextAttempt is null ? "" : ReportText.Count(i.StepsLost),
        })], "None is known.");
        Section(text, "Steps and figures of the log", ["Figure", "Attempt", "Values", "First", "Last", "Lowest", "Highest"], [.. new[] { report.Steps }.OfType<Curve>().Concat(report.Losses).Concat(report.Scores).SelectMany(c => c.Summaries.Select(s => new[]
        {
            Code(c.Name), $"{s.Attempt}", ReportText.Count(s.Count), ReportText.Figure(s.First), ReportText.Figure(s.Last), ReportText.Figure(s.Least), ReportText.Figure(s.Most),
        }))], "None is known.");
        Section(text, "Checkpoints", ["Saved (UTC)", "Checkpoint", "Attempt", "Step", "Size", "Where"], [.. (report.Checkpoints ?? []).Select(c => new[]
        {
            ReportText.Time(c.SavedAt), Code(c.Name), ReportText.Count(c.Attempt), ReportText.Step(c), ReportText.Size(c.Size), $"{ReportText.Place(c.Place)} {((c.Place == CheckpointPlace.OnDisk ? c.InstanceId : c.Uri) is { } at ? Code(at) : "")}".TrimEnd(),
        })], report.Checkpoints is null ? "Unknown: there is no bucket to ask, and no event tells of one." : "None.");
        Section(text, "Events", ["Time (UTC)", "Kind", "Attempt", "Message"], [.. report.Events.Select(e => new[] { ReportText.Time(e.Time), Code(e.Kind), e.Attempt is { } attempt ? ReportText.Count(attempt) : "", Code(e.Message) })], "None are known.");
        var notes = report.EventsOmitted.Count == 0 ? report.Notes
            : [.. report.Notes, $"Events not shown: {string.Join(", ", report.EventsOmitted.Select(o => $"{ReportText.Count(o.Value)} {Code(o.Key)}"))}."];
        if (notes.Count > 0)
        {
            text.Append("\n## Notes\n\n").AppendJoin('\n', report.Notes.Select(n => $"* {Code(n)}").Concat(notes.Skip(report.Notes.Count).Select(n => "* " + n))).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Text of others, so that it shows as it is: in a code span with a longer fence than any in it, on one line, and with bars that do not end a cell.</summary>
    public static string Code(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return ReportText.Unknown;
        }

        var clean = PlainText.Of(text);
        var fence = new string('`', Fences().Matches(clean).Select(m => m.Length).DefaultIfEmpty(0).Max() + 1);
        var padding = clean.StartsWith('`') || clean.EndsWith('`') || (clean.StartsWith(' ') && clean.EndsWith(' ')) ? " " : "";
        return $"{fence}{padding}{clean.Replace("|", "\\|", StringComparison.Ordinal)}{padding}{fence}";
    }

    private static List<string[]> Facts(RunReport report) =>
    [
        ["State", Code(report.State)],
        ["Project", Code(report.ProjectName)],
        ["Script", Code(report.Script)],
        ["As of", ReportText.TimeUtc(report.AsOf)],
        ["Duration", ReportText.Duration(report.Duration)],
        ["Cost", ReportText.Money(report.Cost)],
        ["On-demand", ReportText.Money(report.OnDemand)],
        ["Saved", ReportText.Money(report.OnDemand - report.Cost)],
        ["Interruptions", ReportText.Count(report.InterruptionCount ?? (report.Interruptions.Count > 0 ? report.Interruptions.Count : null))],
        ["Steps lost", ReportText.Count(report.StepsLost)],
        ["Last step", ReportText.Count(report.LastStep)],
    ];

    private static string Phases(IReadOnlyList<ReportPhase> phases) =>
        phases.Count == 0 ? ReportText.Unknown : string.Join(", ", phases.Select(p => $"{Code(p.Name)} {ReportText.Seconds(p.Seconds)}"));

    private static void Section(StringBuilder text, string title, string[] headings, IReadOnlyList<string[]> rows, string none)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n");
        if (rows.Count == 0)
        {
            text.Append(none).Append('\n');
            return;
        }

        Table(text, headings, [.. rows.Take(MostRows)]);
        if (rows.Count > MostRows)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{ReportText.Count(rows.Count - MostRows)} more rows are in the HTML report.\n");
        }
    }

    private static void Table(StringBuilder text, string[] headings, IReadOnlyList<string[]> rows)
    {
        text.Append("| ").AppendJoin(" | ", headings).Append(" |\n|").Append(string.Concat(Enumerable.Repeat(" --- |", headings.Length))).Append('\n');
        foreach (var row in rows)
        {
            text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        }
    }

    [GeneratedRegex("`+")]
    private static partial Regex Fences();
}
