using Runctl.Events;

namespace Runctl.Reports;

/// <summary>Which events a report shows if there are too many.</summary>
internal static class EventChoice
{
    /// <summary>Most rows of the table.</summary>
    public const int Most = 1000;

    /// <summary>What repeats all the time while nothing happens.</summary>
    private static readonly HashSet<string> Routine = new(StringComparer.Ordinal) { EventKinds.CheckpointSaved, EventKinds.CheckpointUploaded, EventKinds.TrainersFound };

    /// <summary>The events to show, in order, and how many of which kind are left out.</summary>
    public static (IReadOnlyList<ReportEvent> Shown, IReadOnlyDictionary<string, int> Omitted) Of(IReadOnlyList<ReportEvent> events)
    {
        var shown = events;
        if (shown.Count > Most)
        {
            shown = [.. events.Where(e => !Routine.Contains(e.Kind))];
        }

        if (shown.Count > Most)
        {
            shown = [.. shown.Take(Most / 2), .. shown.Skip(shown.Count - (Most / 2))];
        }

        var kept = new HashSet<ReportEvent>(shown, ReferenceEqualityComparer.Instance);
        return (shown, events.Where(e => !kept.Contains(e)).GroupBy(e => e.Kind).OrderByDescending(g => g.Count()).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal));
    }
}
