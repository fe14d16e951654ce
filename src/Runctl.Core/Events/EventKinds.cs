namespace Runctl.Events;

/// <summary>The kinds of event that guards and sessions write, as they stand in their records.</summary>
public static class EventKinds
{
#pragma warning disable CS1591 // The names say it; docs/protocol.md has the table of messages and data.
    public const string TrainingStarted = nameof(TrainingStarted);
    public const string CheckpointRestored = nameof(CheckpointRestored);
    public const string TrainersFound = nameof(TrainersFound);
    public const string RebalanceRecommended = nameof(RebalanceRecommended);
    public const string InterruptionDetected = nameof(InterruptionDetected);
    public const string InterruptionTime = nameof(InterruptionTime);
    public const string TrainingSignalled = nameof(TrainingSignalled);
    public const string TrainingExited = nameof(TrainingExited);
    public const string TrainingKilled = nameof(TrainingKilled);
    public const string CheckpointLayout = nameof(CheckpointLayout);
    public const string CheckpointSaved = nameof(CheckpointSaved);
    public const string CheckpointRejected = nameof(CheckpointRejected);
    public const string CheckpointUploaded = nameof(CheckpointUploaded);
    public const string InterruptionHandled = nameof(InterruptionHandled);
    public const string InterruptionStale = nameof(InterruptionStale);
    public const string InterruptionWithdrawn = nameof(InterruptionWithdrawn);
    public const string TrainingFinished = nameof(TrainingFinished);
    public const string TrainingFailed = nameof(TrainingFailed);
    public const string TrainingStopped = nameof(TrainingStopped);
    public const string Warning = nameof(Warning);

    // Of the session that resumes, not of a guard: they have no place in its sequence.
    public const string ResumeBegun = nameof(ResumeBegun);
    public const string ReplacementLaunched = nameof(ReplacementLaunched);
    public const string InstanceAwaited = nameof(InstanceAwaited);
    public const string InstanceReturned = nameof(InstanceReturned);
    public const string TrainingResumed = nameof(TrainingResumed);
    public const string ResumeFailed = nameof(ResumeFailed);
#pragma warning restore CS1591

    /// <summary>All that guards write.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        TrainingStarted, CheckpointRestored, TrainersFound, RebalanceRecommended, InterruptionDetected,
        InterruptionTime, TrainingSignalled, TrainingExited, TrainingKilled,
        CheckpointLayout, CheckpointSaved, CheckpointRejected, CheckpointUploaded, InterruptionHandled,
        InterruptionStale, InterruptionWithdrawn, TrainingFinished, TrainingFailed,
        TrainingStopped, Warning,
    ];

    /// <summary>All that sessions write.</summary>
    public static IReadOnlyList<string> OfSessions { get; } = [ResumeBegun, ReplacementLaunched, InstanceAwaited, InstanceReturned, TrainingResumed, ResumeFailed];

    /// <summary>Whether an attempt is over with an event of this kind.</summary>
    internal static bool IsEnd(string kind) => kind is TrainingFinished or TrainingFailed or TrainingStopped or InterruptionHandled;
}
