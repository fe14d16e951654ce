using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Has a process guarded that Runctl did not start.</summary>
public sealed class TrainingAttacher(ICloud cloud, TimeProvider time)
{
    /// <summary>Checks that the instance runs and that its checkpoints have a place. Changes nothing.</summary>
    /// <returns>The instance.</returns>
    public async Task<RunctlInstance> CheckAsync(AttachRequest request, RunctlConfiguration configuration, CancellationToken cancellationToken)
    {
        AlertSettings.Of(configuration);
        var instance = await cloud.GetOneAsync(request.InstanceId, cancellationToken).ConfigureAwait(false);
        if (instance.State != Ec2States.Running)
        {
            throw RunctlErrors.InstanceNotRunning(instance.InstanceId, instance.State, instance.StateReason);
        }

        if (StoreReference.Of(configuration) is { } store)
        {
            await cloud.Objects.CheckBucketAsync(store.Bucket, store.RunPrefix + "/", cancellationToken).ConfigureAwait(false);
        }

        return instance;
    }

    /// <summary>Installs the guard and has it take the process. A process that is guarded already keeps the run it has.</summary>
    public async Task<RunctlTraining> AttachAsync(AttachRequest request, RunctlConfiguration configuration, CancellationToken cancellationToken)
    {
        var spec = SpecOf(request, configuration);
        var store = spec.Store is { } reference ? new RunStore(cloud.Objects, reference.Bucket, reference.RunPrefix, time) : null;
        var state = await new GuardClient(cloud, time, store).CallAsync<RunState>(request.InstanceId, ["attach", "--spec", "-"], spec, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
        if (store is not null)
        {
            // The guard knows the script, and the run if the process is guarded already. A call that is made again adds what is missing.
            await store.AddSpecAsync(spec.On(request.InstanceId) with { RunId = state.RunId, Script = state.Script ?? "" }, cancellationToken).ConfigureAwait(false);
        }

        return new RunProjection(cloud, spec.Store).Of(state, request.InstanceId, null, spec.ProjectName);
    }

    private RunSpec SpecOf(AttachRequest request, RunctlConfiguration configuration)
    {
        var project = RunNaming.ProjectName(configuration.ProjectName, Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(configuration.CheckpointDirectory)) is { Length: > 1 } folder ? folder : "attached");
        var now = time.GetUtcNow();
        return new RunSpec
        {
            RunId = RunNaming.NewRunId(project, now),
            ProjectName = project,
            Created = now,
            Region = cloud.Region,
            User = configuration.User,
            // The guard knows what the process executes.
            Script = "",
            Checkpoint = CheckpointSettings.Of(configuration),
            Store = StoreReference.Of(configuration),
            // The instance is not ours to end.
            Policy = RunPolicy.Of(configuration) with { OnExit = "keep", AutoResume = false, StopFile = false },
            Alerts = AlertSettings.Of(configuration),
            Target = new ProcessTarget { Pid = request.ProcessId, PidFile = request.PidFile, Pattern = request.ProcessName, AnyUser = request.AnyUser },
            Attempt = new AttemptSpec(1, Guid.NewGuid().ToString("N"), 0, 1, null),
        };
    }
}
