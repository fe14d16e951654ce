namespace Runctl.Reports;

/// <summary>One attempt of a run; null is unknown, never 0.</summary>
internal sealed record ReportAttempt
{
    public required int Number { get; init; }

    public required string State { get; init; }

    public string? InstanceId { get; init; }

    public string? InstanceType { get; init; }

    public string? AvailabilityZone { get; init; }

    public bool? IsSpot { get; init; }

    public DateTimeOffset? Claimed { get; init; }

    public DateTimeOffset? Started { get; init; }

    /// <summary>The end as the guard wrote it down; null while it runs, or where no guard could write it.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>The end for pictures: the known end, now if it runs, else the last that was heard of it.</summary>
    public DateTimeOffset? ShownEnd { get; init; }

    public int? ExitCode { get; init; }

    public long? FirstStep { get; init; }

    public long? LastStep { get; init; }

    /// <summary>Steps of the attempt before that this one trained again.</summary>
    public long? StepsLost { get; init; }

    /// <summary>US dollars.</summary>
    public decimal? Cost { get; init; }

    /// <summary>US dollars that the same time costs on-demand.</summary>
    public decimal? OnDemand { get; init; }

    /// <summary>What was measured between the claim and the start, in order: launch and boot, code, restore, setup.</summary>
    public IReadOnlyList<ReportPhase> StartPhases { get; init; } = [];

    /// <summary>From its start to its end, or null.</summary>
    public TimeSpan? Duration => Ended is { } end && Started is { } start ? end - start : State == "running" && ShownEnd is { } now && Started is { } began ? now - began : null;
}
