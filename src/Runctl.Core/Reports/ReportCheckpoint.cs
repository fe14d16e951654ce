namespace Runctl.Reports;

/// <summary>A checkpoint in the report.</summary>
internal sealed record ReportCheckpoint
{
    /// <summary>Its head.</summary>
    public required string Name { get; init; }

    public required CheckpointPlace Place { get; init; }

    public int? Attempt { get; init; }

    public string? InstanceId { get; init; }

    public long? Step { get; init; }

    /// <summary>Whether it is of exactly that step; null where that is not known.</summary>
    public bool? StepIsExact { get; init; }

    public DateTimeOffset? SavedAt { get; init; }

    /// <summary>Bytes.</summary>
    public long? Size { get; init; }

    /// <summary>periodic, interruption or manual.</summary>
    public string? Reason { get; init; }

    /// <summary>S3 URI of its head; null if it was never there.</summary>
    public string? Uri { get; init; }
}
