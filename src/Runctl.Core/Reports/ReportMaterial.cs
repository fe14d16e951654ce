using Runctl.Checkpoints;
using Runctl.Events;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Reports;

/// <summary>What a report is made of, as it was read.</summary>
internal sealed record ReportMaterial
{
    /// <summary>The run as it stands now.</summary>
    public required RunctlTraining Training { get; init; }

    /// <summary>Its record; null where it has no bucket, or none could be read.</summary>
    public RunRecord? Record { get; init; }

    /// <summary>What it cost, by attempt; null where there is no record.</summary>
    public RunAccount? Account { get; init; }

    /// <summary>The events of all attempts.</summary>
    public IReadOnlyList<RunctlEvent> Events { get; init; } = [];

    /// <summary>What S3 has of its checkpoints; null where it could not be asked.</summary>
    public IReadOnlyList<RunctlCheckpoint>? Checkpoints { get; init; }

    /// <summary>The figures of its log, and the steps that the log tells.</summary>
    public FigureLog Figures { get; init; } = new();

    /// <summary>When it was read, UTC.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>What could not be read, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
