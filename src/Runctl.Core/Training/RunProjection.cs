using Runctl.Configuration;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Makes what users see of a run from what its guard or its records say.</summary>
internal sealed class RunProjection(ICloud cloud, StoreReference? store)
{
    /// <summary>For the store a configuration names.</summary>
    public RunProjection(ICloud cloud, RunctlConfiguration configuration)
        : this(cloud, configuration.S3Bucket is { } bucket ? new StoreReference(bucket, configuration.S3Prefix, configuration.RunPrefix) : null)
    {
    }

    /// <summary>From the guard's state.</summary>
    public RunctlTraining Of(RunState state, string instanceId, string? script, string? projectName) => Common(state.RunId, instanceId, state.Script ?? script, state.ProjectName ?? projectName).With(copy =>
    {
        copy.State = state.State;
        copy.Attempt = state.Attempt;
        copy.ProcessId = RunStates.HasProcess(state.State) ? state.Pid : null;
        copy.ExitCode = RunStates.IsScriptEnd(state.State) ? state.ExitCode : null;
        copy.Started = state.Started?.UtcDateTime;
        copy.Ended = state.Ended?.UtcDateTime;
        copy.FirstStep = state.FirstStep;
        copy.LastStep = state.LastStep;
        copy.StepsLost = StepsLost(state.ResumedFrom?.LastStep, state.FirstStep);
        copy.Checkpoint = state.Checkpoint?.ToReference(state.RunId);
        copy.ResumedFrom = state.ResumedFrom?.ToReference(state.RunId);
        copy.Phases = state.Phases ?? [];
    });

    /// <summary>From an attempt in the run's record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="attempt">The attempt.</param>
    /// <param name="script">The script, from the specification.</param>
    /// <param name="instanceIsGone">Whether EC2 says that nothing can run there any more.</param>
    public RunctlTraining Of(RunRecord record, AttemptRecord attempt, string? script, bool instanceIsGone) => Common(record.RunId, attempt.InstanceId ?? "", script, record.ProjectName).With(copy =>
    {
        copy.State = record.IsStopped && attempt.Number == record.Current()?.Number ? RunStates.Stopped
            : instanceIsGone && (attempt.State is RunStates.Claimed or RunStates.Running) ? RunStates.Lost : attempt.State;
        copy.Attempt = attempt.Number;
        copy.ExitCode = RunStates.IsScriptEnd(attempt.State) ? attempt.ExitCode : null;
        copy.Started = attempt.Started?.UtcDateTime;
        copy.Ended = attempt.Ended?.UtcDateTime;
        copy.FirstStep = attempt.FirstStep;
        copy.LastStep = attempt.LastStep;
        copy.StepsLost = StepsLost(attempt.ResumedFrom?.LastStep, attempt.FirstStep);
        copy.Checkpoint = attempt.Checkpoint?.ToReference(record.RunId);
        copy.ResumedFrom = attempt.ResumedFrom?.ToReference(record.RunId);
        copy.Phases = attempt.Phases ?? [];
    });

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
