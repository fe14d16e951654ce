using Runctl.Configuration;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Makes what users see of a run from what its guard or its records say.</summary>
internal sealed class TrainingView(ICloud cloud, StoreReference? store)
{
    /// <summary>For the store a configuration names.</summary>
    public TrainingView(ICloud cloud, RunctlConfiguration configuration)
        : this(cloud, configuration.S3Bucket is { } bucket ? new StoreReference(bucket, configuration.S3Prefix, configuration.RunPrefix) : null)
    {
    }

    /// <summary>From the guard's state.</summary>
    public RunctlTraining Of(RunState state, string instanceId, string? script, string? projectName) => Common(state.RunId, instanceId, state.Script ?? script, state.ProjectName ?? projectName) with
    {
        State = state.State,
        Attempt = state.Attempt,
        ProcessId = RunStates.HasProcess(state.State) ? state.Pid : null,
        ExitCode = state.ExitCode,
        Started = state.Started,
        Ended = state.Ended,
        FirstStep = state.FirstStep,
        LastStep = state.LastStep,
        StepsLost = StepsLost(state.ResumedFrom?.LastStep, state.FirstStep),
        Checkpoint = state.Checkpoint?.ToReference(state.RunId),
        ResumedFrom = state.ResumedFrom?.ToReference(state.RunId),
        Phases = state.Phases ?? [],
    };

    /// <summary>From an attempt in the run's record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="attempt">The attempt.</param>
    /// <param name="script">The script, from the specification.</param>
    /// <param name="instanceIsGone">Whether EC2 says that nothing can run there any more.</param>
    public RunctlTraining Of(RunRecord record, AttemptRecord attempt, string? script, bool instanceIsGone) => Common(record.RunId, attempt.InstanceId ?? "", script, record.ProjectName) with
    {
        State = instanceIsGone && (attempt.State is RunStates.Claimed or RunStates.Running) ? RunStates.Lost : attempt.State,
        Attempt = attempt.Number,
        ExitCode = attempt.ExitCode,
        Started = attempt.Started,
        Ended = attempt.Ended,
        FirstStep = attempt.FirstStep,
        LastStep = attempt.LastStep,
        StepsLost = StepsLost(attempt.ResumedFrom?.LastStep, attempt.FirstStep),
        Checkpoint = attempt.Checkpoint?.ToReference(record.RunId),
        ResumedFrom = attempt.ResumedFrom?.ToReference(record.RunId),
        Phases = attempt.Phases ?? [],
    };

    /// <summary>Steps that had been trained before and were trained again: from the step after the checkpoint to the last one before the end. Null where either is unknown.</summary>
    public static long? StepsLost(long? lastStepBefore, long? firstStep) =>
        lastStepBefore is { } last && firstStep is { } first ? Math.Max(0, last - (first - 1)) : null;

    private RunctlTraining Common(string runId, string instanceId, string? script, string? projectName) => new()
    {
        RunId = runId,
        InstanceId = instanceId,
        ProjectName = projectName ?? "",
        Script = script ?? "",
        State = "",
        S3Bucket = store?.Bucket,
        S3Prefix = store?.Prefix,
        RunPrefix = store?.RunPrefix,
        Region = cloud.Region,
        EndpointUrl = cloud.Connection.EndpointUrl,
        ProfileName = cloud.Connection.ProfileName,
    };
}
