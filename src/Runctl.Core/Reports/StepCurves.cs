namespace Runctl.Reports;

/// <summary>Steps over time, from what the guard knows of the attempts, from events, and from the log.</summary>
internal static class StepCurves
{
    /// <summary>The curve; null where nothing tells of steps.</summary>
    public static Curve? Build(IReadOnlyList<ReportAttempt> attempts, IReadOnlyList<ReportEvent> events, IReadOnlyList<CurvePoint> log)
    {
        var collector = new CurveCollector();
        var told = log.ToLookup(p => p.Attempt);
        var reported = events.Where(e => e is { Step: not null, StepIsSaved: false, Attempt: not null }).ToLookup(e => e.Attempt!.Value);
        foreach (var attempt in attempts.Where(a => a.Started is not null))
        {
            var (started, ended) = (attempt.Started!.Value, attempt.ShownEnd ?? attempt.Started.Value);
            var points = new List<CurvePoint>();
            if (attempt.FirstStep is { } first)
            {
                points.Add(new CurvePoint(started, first, attempt.Number));
            }

            points.AddRange(reported[attempt.Number].Where(e => IsWithin(e.Step!.Value, attempt)).Select(e => new CurvePoint(e.Time, e.Step!.Value, attempt.Number)));
            if (attempt.LastStep is { } last)
            {
                points.Add(new CurvePoint(ended, last, attempt.Number));
            }

            points.AddRange(Usable([.. told[attempt.Number]], attempt));
            foreach (var point in Rising(points))
            {
                collector.Add(point.Time, point.Value, attempt.Number);
            }
        }

        return collector.Count > 0 ? collector.ToCurve("step") : null;
    }

    private static IReadOnlyList<CurvePoint> Usable(IReadOnlyList<CurvePoint> log, ReportAttempt attempt)
    {
        // A log that begins again counts something else, such as the batches of an epoch. Several processes that print are a few steps apart.
        var beginsAgain = log.Zip(log.Skip(1)).Any(pair => pair.Second.Value < pair.First.Value / 2);
        return beginsAgain ? [] : [.. log.Where(p => IsWithin((long)p.Value, attempt))];
    }

    /// <summary>What the guard knows of first and last step, from the training's own report, bounds what a log may say.</summary>
    private static bool IsWithin(long step, ReportAttempt attempt) => !(step < attempt.FirstStep - 1) && !(step > attempt.LastStep);

    /// <summary>Steps only rise within an attempt; times from a log are estimates.</summary>
    private static IEnumerable<CurvePoint> Rising(IEnumerable<CurvePoint> points)
    {
        var most = double.MinValue;
        foreach (var point in points.OrderBy(p => p.Time).ThenBy(p => p.Value))
        {
            if (point.Value >= most)
            {
                most = point.Value;
                yield return point;
            }
        }
    }
}
