using Runctl.Code;
using Runctl.Configuration;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Resuming;
using Runctl.Runs;
using Runctl.Setup;

namespace Runctl.Training;

/// <summary>Brings a project to an instance and starts training under the guard.</summary>
public sealed class TrainingStarter(ICloud cloud, IAdapters adapters, TimeProvider time)
{
    /// <summary>Checks a request: script, instance, SSM, bucket, and which files will travel. Changes nothing.</summary>
    public async Task<StartPlan> PlanAsync(StartRequest request, RunctlConfiguration configuration, CancellationToken cancellationToken)
    {
        var plan = await new StartPlanner(cloud, time).PlanAsync(request, configuration, cancellationToken).ConfigureAwait(false);
        if (Entries.KindOf(request.ScriptPath) is EntryKind.File or EntryKind.Link && File.Exists(request.ScriptPath))
        {
            plan = plan with { Warnings = [.. plan.Warnings, .. ScriptChecks.Warnings(plan.Configuration, request.ScriptPath, request.ProjectDirectory)] };
        }

        if (!request.SyncCode)
        {
            return plan;
        }

        // Without a bucket a local checkpoint travels with the code.
        var named = request.ResumeFrom is { } resume && configuration.S3Bucket is null ? request.ScriptArguments.Append(Path.GetRelativePath(request.ProjectDirectory, resume)) : request.ScriptArguments;
        var listing = await new ProjectFiles(adapters).ListAsync(request.ProjectDirectory, plan.Script, plan.Configuration.CheckpointDirectory, [.. named], cancellationToken).ConfigureAwait(false);
        return plan with { Code = listing, Warnings = [.. plan.Warnings, .. listing.Warnings] };
    }

    /// <summary>Syncs, writes the run's record and starts.</summary>
    public async Task<RunctlTraining> StartAsync(StartPlan plan, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        void Report(string status) => progress.Report(new ProgressUpdate($"Starting {plan.Script} on {plan.Instance.InstanceId}", status));
        var configuration = plan.Configuration;
        var reference = StoreReference.Of(configuration);
        var store = reference is null ? null : new RunStore(cloud.Objects, reference.Bucket, reference.RunPrefix, time);

        var account = cloud.FindAccountAsync(cancellationToken);
        Report("Packing code");
        var code = plan.Code is null ? null
            : await new CodeSync(cloud, time).BringAsync(plan.Code, plan.Request.ProjectDirectory, store, plan.Instance.InstanceId, Report, cancellationToken).ConfigureAwait(false);
        var resume = await new ResumePreparation(cloud, configuration, time).PrepareAsync(plan.Request, plan.RunId, store, cancellationToken).ConfigureAwait(false);
        var spec = SpecOf(plan, reference, code, new AttemptSpec(1, Guid.NewGuid().ToString("N"), 0, 1, resume)) with { Account = await account.ConfigureAwait(false) };
        if (store is not null)
        {
            Report("Writing the run's record");
            await store.CreateAsync(spec, ClaimOf(plan, spec), cancellationToken).ConfigureAwait(false);
        }

        var state = await new AttemptStart(cloud, time, store).RunAsync(spec, plan.Instance.InstanceId, Report, cancellationToken).ConfigureAwait(false);
        return new TrainingView(cloud, reference).Of(state, plan.Instance.InstanceId, plan.Script, plan.ProjectName).With(copy => { copy.Warnings = plan.Warnings; copy.Launch = spec.Launch; });
    }

    private RunSpec SpecOf(StartPlan plan, StoreReference? store, CodeReference? code, AttemptSpec attempt)
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
            Launch = Replacement.RequestOf(plan.Request.Launch, plan.Instance),
            Instances = [plan.Instance.InstanceId],
            BeganFrom = attempt.ResumeFrom?.Manifest,
            Attempt = attempt,
        };
    }

    private static RunRecord ClaimOf(StartPlan plan, RunSpec spec) => new()
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
                InstanceId = plan.Instance.InstanceId,
                InstanceType = plan.Instance.InstanceType,
                AvailabilityZone = plan.Instance.AvailabilityZone,
                IsSpot = plan.Instance.IsSpot,
            },
        ],
    };
}
