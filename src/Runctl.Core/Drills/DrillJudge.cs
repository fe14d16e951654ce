using System.Globalization;
using System.Text.Json;
using Runctl.Checkpoints;
using Runctl.Events;
using Runctl.Training;

namespace Runctl.Drills;

/// <summary>
/// Judges an interruption by its events and by what S3 holds. Steps are those that the training reported; a number in a name may be an epoch, a version or a
/// shard, and is never compared with them.
/// </summary>
internal static class DrillJudge
{
    /// <summary>
    /// The report. Passed means: a save that began after the signal was in S3 before the deadline, every trainer with a handler was told, and none was killed
    /// before such a save.
    /// </summary>
    /// <param name="training">The run.</param>
    /// <param name="events">The events from the notice on.</param>
    /// <param name="deadline">The deadline, where the guard did not tell it.</param>
    /// <param name="isGone">Whether the instance is gone.</param>
    /// <param name="manifest">The manifest of the committed checkpoint; null where there is none or it could not be read.</param>
    public static RunctlDrillReport Judge(RunctlTraining training, IReadOnlyList<RunctlEvent> events, DateTimeOffset deadline, bool isGone, ManifestRecord? manifest = null)
    {
        // The guard latches the deadline of the notice it saw; that is the one that counts.
        var detected = events.FirstOrDefault(e => e.Kind == EventKinds.InterruptionDetected);
        deadline = EventData.Time(detected, "deadline") ?? deadline;
        var handled = events.LastOrDefault(e => e.Kind == EventKinds.InterruptionHandled);
        var uploaded = events.LastOrDefault(e => e.Kind == EventKinds.CheckpointUploaded);
        var checkpoint = CheckpointOf(training, handled) ?? CheckpointOf(training, uploaded);
        // What was in S3 before the notice was committed then, at the latest.
        var committed = events.FirstOrDefault(e => e.Kind == EventKinds.CheckpointUploaded && EventData.Text(e, "manifest") == checkpoint?.Manifest) ?? (checkpoint is null ? null : detected);
        var signalled = events.FirstOrDefault(e => e.Kind == EventKinds.TrainingSignalled);
        var saved = events.LastOrDefault(e => e.Kind == EventKinds.CheckpointSaved && (checkpoint is null || EventData.Text(e, "name") == checkpoint.Name));
        var lastStep = EventData.Number(handled, "last_step") ?? events.Select(e => EventData.Number(e, "last_step")).LastOrDefault(s => s is not null);
        var facts = new Facts
        {
            Detected = detected is not null,
            HasEnded = events.Any(e => EventKinds.IsEnd(e.Kind)),
            Signalled = signalled is not null,
            Checkpoint = checkpoint,
            Outcome = EventData.Text(handled, "outcome"),
            Unsaved = EventData.Text(handled, "unsaved"),
            Spare = committed is null ? null : Math.Round((deadline - committed.Time).TotalSeconds, 1),
            SavedAfterSignal = manifest?.SavedAfterSignal ?? (saved is null ? null : EventData.Flag(saved.Details, "saved_after_signal")),
            Processes = ToldProcesses.Of(events),
            WasKilled = events.Any(e => e.Kind == EventKinds.TrainingKilled),
        };
        var (passed, reason) = Decide(facts, training.RunId);
        var certain = CertainStep(facts, lastStep, EventData.Number(signalled, "last_step"), manifest);
        return new RunctlDrillReport
        {
            Passed = passed,
            Reason = reason + Steps(facts, passed, lastStep, certain),
            RunId = training.RunId,
            InstanceId = training.InstanceId,
            Deadline = deadline.UtcDateTime,
            SecondsToSpare = facts.Spare,
            Phases = PhasesOf(handled),
            LastStep = lastStep,
            CertainStep = certain,
            StepsLost = facts is { SavedAfterSignal: true, WasKilled: true } && Observed(manifest) is null ? null : lastStep - certain is { } lost ? Math.Max(0, lost) : null,
            Checkpoint = checkpoint,
            Processes = facts.Processes,
            SavedAt = (manifest?.SavedAt ?? EventData.Time(saved, "saved_at"))?.UtcDateTime,
            SavedAfterSignal = facts.SavedAfterSignal,
            Files = manifest?.Files.Where(file => file.Class != CheckpointFile.Older).ToList() ?? [],
            Missing = manifest?.Missing ?? [],
            InstanceTaken = isGone,
            Events = events,
            Region = training.Region,
            EndpointUrl = training.EndpointUrl,
        };
    }

    private static (bool Passed, string Reason) Decide(Facts facts, string runId)
    {
        if (!facts.Detected)
        {
            return (false, facts.HasEnded
                ? "The training ended before the guard saw the notice. Run the drill on a training that lasts longer."
                : $"The guard did not see the notice. Get-RunctlEvent {runId} shows what it reported before.");
        }

        var forgotten = facts.Processes.Where(one => one is { Role: "trainer", Handles: true, Told: false }).ToList();
        if (forgotten.Count > 0)
        {
            return (false, $"{Sentence(forgotten)} handles the stop signal and was never told.");
        }

        if (facts.Checkpoint is not { } checkpoint)
        {
            return (false, facts.Outcome is { } outcome ? $"No checkpoint was committed to S3 (outcome: {outcome})." : "No checkpoint was committed to S3 before the instance was gone.");
        }

        if (facts.Spare < 0)
        {
            return (false, string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Name} was committed {-facts.Spare:0.#} s after the deadline."));
        }

        var margin = string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Name} was committed {facts.Spare:0.#} s before the deadline");
        if (facts.Unsaved is { } unsaved)
        {
            // It may bear the name of the one in S3, where each save replaces the one before.
            return (false, $"{margin}, but the newest checkpoint {unsaved} is on the instance's disk only.");
        }

        if (facts.SavedAfterSignal == true)
        {
            return (true, $"{margin}, saved after the signal.");
        }

        return (false, $"{margin}, but it was saved before the signal: {Why(facts)}");
    }

    private static string Why(Facts facts)
    {
        var handling = facts.Processes.Where(one => one.Handles == true).ToList();
        return !facts.Signalled ? "no process got the signal."
            : handling.Find(one => one.Killed) is { } killed ? $"{killed} handles the stop signal, and was killed before a save that began after the signal was complete. Let it save faster, or raise grace_period."
            : facts.WasKilled ? "the training neither saved nor ended until it was killed. Let the script save at the stop signal."
            : handling.Count > 0 ? $"{handling[0]} handles the stop signal and ended without a save. Let its handler save."
            : facts.Processes.Any(one => one.Handles == false) ? $"{facts.Processes.First(one => one.Handles == false)} does not handle the stop signal. Let the script save at it."
            : "what was trained after it is lost. Let the script save at the stop signal.";
    }

    private static string Steps(Facts facts, bool passed, long? last, long? certain)
    {
        if (facts.Checkpoint is null || !facts.Detected)
        {
            return "";
        }

        return (last, certain) switch
        {
            (null, _) => " Steps are not known: the script does not write them to RUNCTL_PROGRESS_FILE.",
            (_, null) => string.Create(CultureInfo.InvariantCulture, $" The last step was {last}; which one the checkpoint holds is not known."),
            _ when passed && last == certain => string.Create(CultureInfo.InvariantCulture, $" No step is lost: the last one was {last}."),
            _ => string.Create(CultureInfo.InvariantCulture, $" Step {certain} is certain, the last one was {last}{(passed && facts.WasKilled ? ": it went on training after its save, until it was killed" : "")}."),
        };
    }

    /// <summary>The last step that the committed checkpoint holds for certain; null where unknown.</summary>
    private static long? CertainStep(Facts facts, long? last, long? atSignal, ManifestRecord? manifest) => facts switch
    {
        { Checkpoint: null } => null,
        // It ended by itself, after a save that began after the signal.
        { SavedAfterSignal: true, WasKilled: false } => last,
        // It went on training: what was reported before the signal is in a save that began after it.
        { SavedAfterSignal: true } => Observed(manifest) ?? atSignal,
        _ => Observed(manifest),
    };

    /// <summary>The step that the guard noted when it saw the save. In manifests of version 0.1 it is a number from the name.</summary>
    private static long? Observed(ManifestRecord? manifest) => manifest is { Schema: > 1, Step: { } step } ? step : null;

    private static string Sentence(List<RunctlToldProcess> processes)
    {
        var text = processes[0].ToString();
        return string.Concat(char.ToUpperInvariant(text[0]).ToString(), text.AsSpan(1));
    }

    private static CheckpointReference? CheckpointOf(RunctlTraining training, RunctlEvent? item)
    {
        if (item is null || item.Details.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var data = EventData.Member(item.Details, "checkpoint") is { ValueKind: JsonValueKind.Object } nested ? nested : item.Details;
        var manifest = EventData.Text(data, "manifest");
        return manifest is null ? null : new CheckpointReference
        {
            Manifest = manifest,
            Name = EventData.Text(data, "name") ?? S3Uri.Parse(manifest).Key.Split('/')[^1].Replace(ManifestRecord.Suffix, "", StringComparison.Ordinal),
            Step = EventData.Number(data, "step"),
            LastStep = EventData.Number(item, "last_step"),
            RunId = training.RunId,
        };
    }

    private static List<Phase> PhasesOf(RunctlEvent? handled) =>
        handled is not null && EventData.Member(handled.Details, "phases") is { ValueKind: JsonValueKind.Array } phases ? Json.RunctlJson.Read<List<Phase>>(phases) : [];

    /// <summary>What is known.</summary>
    private sealed record Facts
    {
        public bool Detected { get; init; }

        public bool HasEnded { get; init; }

        public bool Signalled { get; init; }

        public CheckpointReference? Checkpoint { get; init; }

        public string? Outcome { get; init; }

        public string? Unsaved { get; init; }

        public double? Spare { get; init; }

        public bool? SavedAfterSignal { get; init; }

        public IReadOnlyList<RunctlToldProcess> Processes { get; init; } = [];

        public bool WasKilled { get; init; }
    }
}
