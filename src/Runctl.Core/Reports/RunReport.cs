namespace Runctl.Reports;

/// <summary>A run as a report shows it. Unknown is null; texts are as they came and not escaped yet.</summary>
internal sealed record RunReport
{
    public required string RunId { get; init; }

    public string? ProjectName { get; init; }

    public string? Script { get; init; }

    public required string State { get; init; }

    public string? Region { get; init; }

    /// <summary>When all of this was read, UTC.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>From its first start to its end, or to now.</summary>
    public TimeSpan? Duration { get; init; }

    public long? StepsLost { get; init; }

    public long? LastStep { get; init; }

    /// <summary>Null where the run has no record in S3.</summary>
    public int? InterruptionCount { get; init; }

    /// <summary>US dollars.</summary>
    public decimal? Cost { get; init; }

    /// <summary>US dollars that the same time costs on-demand.</summary>
    public decimal? OnDemand { get; init; }

    public IReadOnlyList<ReportAttempt> Attempts { get; init; } = [];

    public IReadOnlyList<ReportInterruption> Interruptions { get; init; } = [];

    /// <summary>Steps over time; null where nothing tells of steps.</summary>
    public Curve? Steps { get; init; }

    /// <summary>Loss-like figures of the log.</summary>
    public IReadOnlyList<Curve> Losses { get; init; } = [];

    /// <summary>Accuracy-like figures of the log.</summary>
    public IReadOnlyList<Curve> Scores { get; init; } = [];

    /// <summary>Newest first; null where no checkpoint could be looked for.</summary>
    public IReadOnlyList<ReportCheckpoint>? Checkpoints { get; init; }

    /// <summary>How many older ones are not in <see cref="Checkpoints"/>.</summary>
    public int CheckpointsOmitted { get; init; }

    /// <summary>In order; the most important ones if there are many.</summary>
    public IReadOnlyList<ReportEvent> Events { get; init; } = [];

    /// <summary>How many events of which kind are not in <see cref="Events"/>.</summary>
    public IReadOnlyDictionary<string, int> EventsOmitted { get; init; } = new Dictionary<string, int>();

    /// <summary>What is missing, was left out or is an estimate, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The first moment that a picture shows.</summary>
    public DateTimeOffset From => Times().DefaultIfEmpty(AsOf).Min();

    /// <summary>The last moment that a picture shows.</summary>
    public DateTimeOffset To => Times().DefaultIfEmpty(AsOf).Max();

    private IEnumerable<DateTimeOffset> Times() => Attempts.SelectMany(a => new[] { a.Started ?? a.Claimed, a.ShownEnd })
        .Concat(Interruptions.SelectMany(i => new[] { i.Detected, i.Handled }))
        .OfType<DateTimeOffset>();
}
