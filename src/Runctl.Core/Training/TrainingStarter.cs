using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Resuming;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Starts training under the guard, on an instance that runs or on one that is launched for it.</summary>
public sealed class TrainingStarter(ICloud cloud, IAdapters adapters, TimeProvider time)
{
    /// <summary>Told, from any thread, of an instance that a stopped start launched and could not remove; of a failed one the exception says it.</summary>
    public Action<string>? OnLeftovers { get; init; }

    /// <summary>Checks a request, what costs nothing first: script, project, settings, bucket, checkpoint, then the instance, or the launch. Changes nothing.</summary>
    /// <exception cref="RunctlException">A check failed; others that failed are beside it.</exception>
    public async Task<StartPlan> PlanAsync(StartRequest request, RunctlConfiguration configuration, CancellationToken cancellationToken, IProgress<ProgressUpdate>? progress = null)
    {
        progress?.Report(new ProgressUpdate($"Starting {Path.GetFileName(request.ScriptPath)}", "Checking script, project, bucket and place"));
        var planner = new StartPlanner(cloud, adapters, time);
        try
        {
            return await planner.PlanAsync(request, configuration, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (request.InstanceId is { } id)
        {
            var instance = planner.Instance ?? await FindAsync(id, e, cancellationToken).ConfigureAwait(false);
            throw await IsIdleAsync(instance, configuration, cancellationToken).ConfigureAwait(false) ? RunctlErrors.StartFailedOn(e, instance!) : e;
        }
    }

    /// <summary>Launches the instance if the plan says so, brings the code, writes the record of the run, and starts. What is launched for a start that fails or is cancelled is removed.</summary>
    /// <param name="plan">What was checked.</param>
    /// <param name="progress">Told of the steps, all under one activity.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RunctlException">The training was not started.</exception>
    public async Task<StartOutcome> StartAsync(StartPlan plan, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        var steps = new StartProgress(plan.Script, progress);
        if (plan.Launch is not { } launch)
        {
            try
            {
                return await TrainAsync(plan, plan.Instance!, steps, cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException e)
            {
                if (!await IsIdleAsync(plan.Instance, plan.Configuration, cancellationToken).ConfigureAwait(false))
                {
                    throw;
                }

                throw RunctlErrors.StartFailedOn(e, plan.Instance!);
            }
        }

        var launcher = new SpotLauncher(cloud, time) { OnLeftovers = OnLeftovers };
        await foreach (var ready in launcher.LaunchReadyAsync(launch, plan.Request.ReadyTimeout, null, steps, cancellationToken).ConfigureAwait(false))
        {
            return ready.Failure is { } failure ? throw failure : await TrainOnLaunchedAsync(plan, ready.Instance, launcher, steps, cancellationToken).ConfigureAwait(false);
        }

        throw new InvalidOperationException("A launch ended without an instance and without an error.");
    }

    private async Task<StartOutcome> TrainOnLaunchedAsync(StartPlan plan, RunctlInstance instance, SpotLauncher launcher, StartProgress steps, CancellationToken cancellationToken)
    {
        try
        {
            return await TrainAsync(plan with { Request = plan.Request with { Launch = plan.Launch!.Request } }, instance, steps, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (plan.Request.KeepInstance)
        {
            throw RunctlErrors.StartFailedOn(e, instance);
        }
        catch (RunctlException e)
        {
            steps.Report($"Removing {instance.InstanceId}");
            throw await launcher.RemoveAsync(instance).ConfigureAwait(false) is { } left ? RunctlErrors.StartNotUndone(e, instance, left) : RunctlErrors.StartUndone(e, instance);
        }
        catch
        {
            if (await launcher.RemoveAsync(instance).ConfigureAwait(false) is { } left)
            {
                OnLeftovers?.Invoke(RunctlErrors.StillRunning(instance, left));
            }

            throw;
        }
    }

    private async Task<StartOutcome> TrainAsync(StartPlan plan, RunctlInstance instance, StartProgress steps, CancellationToken cancellationToken)
    {
        var configuration = plan.Configuration;
        var reference = StoreReference.Of(configuration);
        var store = reference is null ? null : new RunStore(cloud.Objects, reference.Bucket, reference.RunPrefix, time);

        var account = cloud.FindAccountAsync(cancellationToken);
        steps.Report("Packing code");
        var code = plan.Code is null ? null
            : await new CodeSync(cloud, time).BringAsync(plan.Code, plan.Request.ProjectDirectory, store, instance.InstanceId, steps.Report, cancellationToken).ConfigureAwait(false);
        var resume = await new ResumePreparation(cloud, configuration, time).PrepareAsync(plan.Request, plan.RunId, store, cancellationToken).ConfigureAwait(false);
        var spec = SpecOf(plan, instance, reference, code, new AttemptSpec(1, Guid.NewGuid().ToString("N"), 0, 1, resume)) with { Account = await account.ConfigureAwait(false) };
        if (store is not null)
        {
            steps.Report("Writing the run's record");
            await store.CreateAsync(spec, ClaimOf(plan, instance, spec), cancellationToken).ConfigureAwait(false);
        }

        RunState state;
        RunctlException? failure = null;
        try
        {
            state = await new AttemptStart(cloud, time, store).RunAsync(spec, instance.InstanceId, steps.Report, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.Id == RunctlErrors.TrainingFailedId)
        {
            state = await ReadFailedAsync(plan.RunId, instance.InstanceId, cancellationToken).ConfigureAwait(false);
            var isIdle = await IsIdleAsync(instance, configuration, cancellationToken).ConfigureAwait(false);
            failure = RunctlErrors.TrainingFailedAtOnce(e, plan.RunId, instance, plan.Request.ScriptPath, configuration.OnExit == "terminate", isIdle);
        }

        var training = new RunProjection(cloud, reference).Of(state, instance.InstanceId, plan.Script, plan.ProjectName).With(copy => { copy.Warnings = plan.Warnings; copy.Launch = spec.Launch; copy.MaxResumes = spec.Policy.MaxResumes; });
        return new StartOutcome(training, instance, failure);
    }

    /// <summary>What the guard has of a run that ended at once.</summary>
    private async Task<RunState> ReadFailedAsync(string runId, string instanceId, CancellationToken cancellationToken)
    {
        var failed = new RunState { RunId = runId, State = RunStates.Failed };
        try
        {
            var status = await new GuardClient(cloud, time).CallAsync<GuardStatus>(instanceId, ["status", "--run", runId, "--events", "0"], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
            return status.Runs is [var state, ..] ? state : failed;
        }
        catch (RunctlException)
        {
            // Its id and its failure are known all the same.
            return failed;
        }
    }

    /// <summary>The named instance, to say what it costs; null if that cannot be known, which hides no failure.</summary>
    private async Task<RunctlInstance?> FindAsync(string instanceId, RunctlException failure, CancellationToken cancellationToken)
    {
        if (failure.Kind is ErrorKind.Authentication or ErrorKind.Connection or ErrorKind.Timeout || failure.Id == ErrorIds.InstanceNotFound)
        {
            return null;
        }

        try
        {
            return await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException)
        {
            return null;
        }
    }

    /// <summary>Whether an instance of Runctl costs money and nothing trains on it: its removal would end what trains there.</summary>
    private async Task<bool> IsIdleAsync(RunctlInstance? instance, RunctlConfiguration configuration, CancellationToken cancellationToken)
    {
        if (instance is not { State: Ec2States.Running or Ec2States.Pending, IsManaged: true })
        {
            return false;
        }

        try
        {
            return (await new InstancePower(cloud, configuration, time).FindTrainingsAsync(instance, cancellationToken).ConfigureAwait(false)).Count == 0;
        }
        catch (RunctlException)
        {
            // Something may train there; the failure of the start is told all the same.
            return false;
        }
    }

    private RunSpec SpecOf(StartPlan plan, RunctlInstance instance, StoreReference? store, CodeReference? code, AttemptSpec attempt)
    {
        var configuration = plan.Configuration;
        return new RunSpec
        {
            RunId = plan.RunId,
            ProjectName = plan.ProjectName,
            Created = time.GetUtcNow(),
            Region = cloud.Region,
            User = configuration.User,
            Python = configuration.Python,
            SetupCommand = configuration.SetupCommand,
            Script = plan.Script,
            Arguments = plan.Request.ScriptArguments,
            Environment = configuration.TrainingEnvironment,
            Code = code,
            Checkpoint = CheckpointSettings.Of(configuration),
            Store = store,
            ResumeArguments = configuration.ResumeArguments,
            Policy = RunPolicy.Of(configuration),
            Alerts = AlertSettings.Of(configuration),
            Launch = Replacement.RequestOf(plan.Request.Launch, instance),
            Instances = [instance.InstanceId],
            BeganFrom = attempt.ResumeFrom?.Manifest,
            Attempt = attempt,
        };
    }

    private static RunRecord ClaimOf(StartPlan plan, RunctlInstance instance, RunSpec spec) => new()
    {
        RunId = spec.RunId,
        ProjectName = spec.ProjectName,
        Created = spec.Created,
        Attempts =
        [
            new AttemptRecord
            {
                Number = spec.Attempt!.Number,
                Nonce = spec.Attempt.Nonce,
                State = RunStates.Claimed,
                Claimed = spec.Created,
                ClaimedBy = Environment.MachineName,
                InstanceId = instance.InstanceId,
                InstanceType = instance.InstanceType,
                AvailabilityZone = instance.AvailabilityZone,
                IsSpot = instance.IsSpot,
            },
        ],
    };
}
