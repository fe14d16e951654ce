using System.Diagnostics.Metrics;
using System.Text.Json;
using Runctl.Events;

namespace Runctl.Metrics;

/// <summary>Counters and timings of what this process is told about trainings, as a <see cref="Meter"/> that any exporter sees.</summary>
/// <remarks>Each event counts once a process, however many watch its run. What nobody here watches is not counted.</remarks>
public static class RunctlMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Runctl";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Interruptions = Meter.CreateCounter<long>("runctl.interruptions", "{interruption}", "Interruptions that were detected.");
    private static readonly Counter<long> Outcomes = Meter.CreateCounter<long>("runctl.outcomes", "{interruption}", "Interruptions that were handled, by outcome.");
    private static readonly Counter<long> Resumes = Meter.CreateCounter<long>("runctl.resumes", "{attempt}", "Attempts that began from a checkpoint.");
    private static readonly Histogram<double> Phases = Meter.CreateHistogram<double>("runctl.phase.duration", "s", "Seconds of each phase of an interruption, and of restoring.");
    private static readonly Dictionary<string, long> Counted = new(StringComparer.Ordinal);
    private static readonly HashSet<string> Resumed = new(StringComparer.Ordinal);

    /// <summary>Counts an event, unless it was counted before.</summary>
    internal static void Count(RunctlEvent happened)
    {
        // Numbers begin anew on another instance.
        var run = $"{happened.RunId} {happened.InstanceId}";
        lock (Counted)
        {
            if (Counted.GetValueOrDefault(run) >= happened.Sequence)
            {
                return;
            }

            Counted[run] = happened.Sequence;
        }

        Add(happened);
    }

    /// <summary>Counts a resume, unless it was counted before: who resumes knows of it, and who watches is told.</summary>
    internal static void CountResume(string? runId, int? attempt)
    {
        lock (Counted)
        {
            if (!Resumed.Add($"{runId} {attempt}"))
            {
                return;
            }
        }

        Resumes.Add(1);
    }

    private static void Add(RunctlEvent happened)
    {
        var data = happened.Details;
        switch (happened.Kind)
        {
            case EventKinds.InterruptionDetected:
                Interruptions.Add(1, Tag("action", Text(data, "action")), Tag("source", Text(data, "source")));
                break;
            case EventKinds.InterruptionHandled:
                Outcomes.Add(1, Tag("outcome", Text(data, "outcome")));
                foreach (var phase in Items(data, "phases"))
                {
                    Record(Text(phase, "name"), phase);
                }

                break;
            case EventKinds.CheckpointRestored:
                Record("restore", data);
                break;
            case EventKinds.TrainingStarted when Member(data, "resumed_from") is { ValueKind: JsonValueKind.Object }:
                CountResume(happened.RunId, happened.Attempt);
                break;
        }
    }

    private static void Record(string? phase, JsonElement measured)
    {
        if (Member(measured, "seconds") is { ValueKind: JsonValueKind.Number } seconds)
        {
            Phases.Record(seconds.GetDouble(), Tag("phase", phase));
        }
    }

    private static KeyValuePair<string, object?> Tag(string name, string? value) => new(name, value);

    private static JsonElement? Member(JsonElement data, string name) => data.ValueKind == JsonValueKind.Object && data.TryGetProperty(name, out var value) ? value : null;

    private static string? Text(JsonElement data, string name) => Member(data, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static JsonElement.ArrayEnumerator Items(JsonElement data, string name) => Member(data, name) is { ValueKind: JsonValueKind.Array } value ? value.EnumerateArray() : default;
}
