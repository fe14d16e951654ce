namespace Runctl.Reports;

/// <summary>An interruption: how the guard saved, and how the run came back.</summary>
internal sealed record ReportInterruption
{
    /// <summary>The attempt that was interrupted.</summary>
    public required int Attempt { get; init; }

    /// <summary>When the guard saw the notice; null where no event says so.</summary>
    public DateTimeOffset? Detected { get; init; }

    /// <summary>When EC2 takes the instance, as the notice says.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>When the guard had done all it could.</summary>
    public DateTimeOffset? Handled { get; init; }

    /// <summary>imds, drill, manual, monitor or shutdown.</summary>
    public string? Source { get; init; }

    /// <summary>uploaded, saved, nothing-to-save or failed.</summary>
    public string? Outcome { get; init; }

    /// <summary>Seconds that were left before the deadline.</summary>
    public double? SecondsToDeadline { get; init; }

    /// <summary>detect, signal, save, check, upload, commit, as far as measured.</summary>
    public IReadOnlyList<ReportPhase> SavePhases { get; init; } = [];

    /// <summary>The attempt that went on, or null.</summary>
    public int? NextAttempt { get; init; }

    /// <summary>Whether the notice came to nothing and the instance stayed.</summary>
    public bool WasWithdrawn { get; init; }

    /// <summary>What lay between the end and the next start: waiting, then the start phases of the next attempt.</summary>
    public IReadOnlyList<ReportPhase> ReturnPhases { get; init; } = [];

    /// <summary>From the end of the attempt to the start of the next.</summary>
    public TimeSpan? Gap { get; init; }

    public long? StepsLost { get; init; }
}
