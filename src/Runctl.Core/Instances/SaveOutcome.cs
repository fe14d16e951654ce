using System.Text.Json;
using Runctl.Events;
using Runctl.Runs;

namespace Runctl.Instances;

/// <summary>Whether the checkpoint of a training that was stopped is safe.</summary>
internal static class SaveOutcome
{
    /// <summary>Why it is not, or null where it is.</summary>
    /// <param name="status">The guard's status with the newest events of the run.</param>
    /// <param name="keepsDisk">Whether the disk outlives what comes next.</param>
    public static string? Problem(GuardStatus status, bool keepsDisk)
    {
        if (status.Runs is not [{ HasEnded: true } run, ..])
        {
            return "the training continues.";
        }

        var last = status.Events?.LastOrDefault(e => e.RunId == run.RunId && e.Kind is EventKinds.TrainingStopped or EventKinds.InterruptionHandled or EventKinds.TrainingFinished or EventKinds.TrainingFailed);
        return Text(last, "outcome") switch
        {
            "failed" => "the checkpoint could not be uploaded; it is on the disk only, and the guard tries again.",
            "uploaded" when Text(last, "unsaved") is not null => "an older checkpoint is in S3; the newest is on the disk only, and the guard tries again.",
            "saved" when !keepsDisk => "without a bucket the checkpoint is on the instance's disk only.",
            null when last is null => "the guard does not say what became of the checkpoint.",
            _ => null,
        };
    }

    private static string? Text(RunctlEvent? last, string name) =>
        last?.Details is { ValueKind: JsonValueKind.Object } data && data.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
