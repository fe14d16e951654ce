using System.Globalization;
using System.Text.Json;
using Runctl.Checkpoints;
using Runctl.Events;
using Runctl.Training;

namespace Runctl.Drills;

/// <summary>Judges an interruption by its events.</summary>
internal static class DrillJudge
{
    /// <summary>The report. Passed means: a checkpoint was committed before the deadline, and nothing after it is lost.</summary>
    public static RunctlDrillReport Judge(RunctlTraining training, IReadOnlyList<RunctlEvent> events, DateTimeOffset deadline, bool isGone)
    {
        // The guard latches the deadline of the notice it saw; that is the one that counts.
        var detected = events.FirstOrDefault(e => e.Kind == EventKinds.InterruptionDetected);
        deadline = Time(detected, "deadline") ?? deadline;
        var handled = events.LastOrDefault(e => e.Kind == EventKinds.InterruptionHandled);
        var uploaded = events.LastOrDefault(e => e.Kind == EventKinds.CheckpointUploaded);
        var saved = events.LastOrDefault(e => e.Kind == EventKinds.CheckpointSaved);
        var checkpoint = CheckpointOf(training, handled) ?? CheckpointOf(training, uploaded);
        var lastStep = Number(handled, "last_step") ?? events.Select(e => Number(e, "last_step")).LastOrDefault(s => s is not null);
        var lost = lastStep is { } last && checkpoint?.Step is { } step ? Math.Max(0, last - step) : (long?)null;
        // What was in S3 before the notice was committed then, at the latest.
        var committed = events.LastOrDefault(e => e.Kind == EventKinds.CheckpointUploaded && Text(e, "manifest") == checkpoint?.Manifest) ?? (checkpoint is null ? null : detected);
        var spare = committed is null ? (double?)null : Math.Round((deadline - committed.Time).TotalSeconds, 1);
        var (passed, reason) = Decide(detected, handled, saved, checkpoint, spare, lost);
        return new RunctlDrillReport
        {
            Passed = passed,
            Reason = reason,
            RunId = training.RunId,
            InstanceId = training.InstanceId,
            Deadline = deadline,
            SecondsToSpare = spare,
            Phases = PhasesOf(handled),
            LastStep = lastStep,
            StepsLost = lost,
            Checkpoint = checkpoint,
            InstanceTaken = isGone,
            Events = events,
            Region = training.Region,
            EndpointUrl = training.EndpointUrl,
        };
    }

    private static (bool Passed, string Reason) Decide(RunctlEvent? detected, RunctlEvent? handled, RunctlEvent? saved, CheckpointReference? checkpoint, double? spare, long? lost)
    {
        if (detected is null)
        {
            return (false, "The guard did not see the notice.");
        }

        if (checkpoint is null)
        {
            return (false, Text(handled, "outcome") is { } outcome ? $"No checkpoint was committed to S3 (outcome: {outcome})." : "No checkpoint was committed to S3 before the instance was gone.");
        }

        if (spare < 0)
        {
            return (false, string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Name} was committed {-spare:0.#} s after the deadline."));
        }

        var margin = string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Name} was committed {spare:0.#} s before the deadline");
        if (lost is { } steps)
        {
            return steps == 0 ? (true, $"{margin}; no step is lost.") : (false, $"{margin}, but {steps} steps after it are lost: the script did not save when it was signalled.");
        }

        return IsTrue(saved, "saved_after_signal")
            ? (true, $"{margin}, saved after the signal. Steps are not known: the script does not write them to RUNCTL_PROGRESS_FILE.")
            : (false, $"{margin}, but it was saved before the signal: what was trained after it is lost. Let the script save at SIGTERM.");
    }

    private static CheckpointReference? CheckpointOf(RunctlTraining training, RunctlEvent? item)
    {
        if (item is null || item.Data.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var data = item.Data.TryGetProperty("checkpoint", out var nested) && nested.ValueKind == JsonValueKind.Object ? nested : item.Data;
        var manifest = Text(data, "manifest");
        return manifest is null ? null : new CheckpointReference
        {
            Manifest = manifest,
            Name = Text(data, "name") ?? S3Uri.Parse(manifest).Key.Split('/')[^1].Replace(ManifestRecord.Suffix, "", StringComparison.Ordinal),
            Step = Number(data, "step"),
            LastStep = Number(item, "last_step"),
            RunId = training.RunId,
        };
    }

    private static List<Phase> PhasesOf(RunctlEvent? handled) =>
        handled is { Data.ValueKind: JsonValueKind.Object } && handled.Data.TryGetProperty("phases", out var phases) && phases.ValueKind == JsonValueKind.Array
            ? Json.RunctlJson.Read<List<Phase>>(phases)
            : [];

    private static DateTimeOffset? Time(RunctlEvent? item, string name) =>
        item is not null && Text(item, name) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    private static string? Text(RunctlEvent? item, string name) => item is null ? null : Text(item.Data, name);

    private static string? Text(JsonElement data, string name) =>
        data.ValueKind == JsonValueKind.Object && data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(RunctlEvent? item, string name) => item is null ? null : Number(item.Data, name);

    private static long? Number(JsonElement data, string name) =>
        data.ValueKind == JsonValueKind.Object && data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    private static bool IsTrue(RunctlEvent? item, string name) =>
        item is { Data.ValueKind: JsonValueKind.Object } && item.Data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
}
