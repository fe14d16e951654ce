using System.Text.Json;
using Runctl.Drills;
using Runctl.Events;

namespace Runctl.Reports;

/// <summary>An event, with those of its details that a report shows.</summary>
internal sealed record ReportEvent
{
    public required DateTimeOffset Time { get; init; }

    public required string Kind { get; init; }

    public required string Message { get; init; }

    public int? Attempt { get; init; }

    public string? InstanceId { get; init; }

    /// <summary>The step the event tells of: the last one reported, the first one of a start, or that of a checkpoint.</summary>
    public long? Step { get; init; }

    /// <summary>Whether the step is that of a checkpoint and not of the training.</summary>
    public bool StepIsSaved { get; init; }

    public DateTimeOffset? Deadline { get; init; }

    public string? Source { get; init; }

    public string? Outcome { get; init; }

    public double? SecondsToDeadline { get; init; }

    public IReadOnlyList<ReportPhase> Phases { get; init; } = [];

    /// <summary>Name of the checkpoint it tells of.</summary>
    public string? Checkpoint { get; init; }

    public string? Manifest { get; init; }

    public string? Uri { get; init; }

    public long? Size { get; init; }

    public DateTimeOffset? SavedAt { get; init; }

    /// <summary>From an event of the run. Its details may be anything: what is not of the expected form is unknown.</summary>
    public static ReportEvent Of(RunctlEvent item)
    {
        var isSaved = item.Kind is EventKinds.CheckpointSaved or EventKinds.CheckpointUploaded;
        return new ReportEvent
        {
            Time = item.Time,
            Kind = item.Kind,
            Message = item.Kind == EventKinds.InterruptionDetected ? RunctlEvent.FirstLine(item.Message) : item.Message,
            Attempt = item.Attempt,
            InstanceId = item.InstanceId,
            Step = EventData.Number(item, "last_step") ?? EventData.Number(item, "first_step") ?? (isSaved ? EventData.Number(item, "step") : null),
            StepIsSaved = isSaved,
            Deadline = EventData.Time(item, "deadline"),
            Source = EventData.Text(item, "source"),
            Outcome = EventData.Text(item, "outcome"),
            SecondsToDeadline = EventData.Seconds(item.Details, "seconds_to_deadline"),
            Phases = [.. EventData.Items(item, "phases").Select(PhaseOf).OfType<ReportPhase>()],
            Checkpoint = isSaved ? EventData.Text(item, "name") : null,
            Manifest = EventData.Text(item, "manifest"),
            Uri = EventData.Text(item, "uri"),
            Size = EventData.Number(item, "size"),
            SavedAt = EventData.Time(item, "saved_at"),
        };
    }

    private static ReportPhase? PhaseOf(JsonElement phase) =>
        EventData.Text(phase, "name") is { } name && EventData.Seconds(phase, "seconds") is >= 0 and < 1e9 and var seconds ? new ReportPhase(name, seconds) : null;
}
