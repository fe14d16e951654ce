using System.Text.Json;
using Runctl.Code;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Brings a project to an instance and starts training under the guard.</summary>
public sealed class TrainingStarter(ICloud cloud, IAdapters adapters, TimeProvider time)
{
    /// <summary>Checks a request: script, instance, SSM, bucket. Changes nothing.</summary>
    public Task<StartPlan> PlanAsync(StartRequest request, RunctlConfiguration configuration, CancellationToken cancellationToken) =>
        new StartPlanner(cloud, time).PlanAsync(request, configuration, cancellationToken);

    /// <summary>Syncs, writes the run's record and starts.</summary>
    public async Task<RunctlTraining> StartAsync(StartPlan plan, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        void Report(string status) => progress.Report(new ProgressUpdate($"Starting {plan.Script} on {plan.Instance.InstanceId}", status));
        var configuration = plan.Configuration;
        var reference = StoreReference.Of(configuration);
        var store = reference is null ? null : new RunStore(cloud.Objects, reference.Bucket, reference.RunPrefix);

        Report("Gathering code");
        var code = plan.Request.SyncCode ? await SyncAsync(plan, store, Report, cancellationToken).ConfigureAwait(false) : null;
        var resume = await new ResumePreparation(cloud, configuration, time).PrepareAsync(plan.Request, plan.RunId, store, cancellationToken).ConfigureAwait(false);
        var spec = SpecOf(plan, reference, code, new AttemptSpec(1, Guid.NewGuid().ToString("N"), 0, 1, resume));
        if (store is not null)
        {
            Report("Writing the run's record");
            await store.CreateAsync(spec, ClaimOf(plan, spec), cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await TagAsync(plan, Report, cancellationToken).ConfigureAwait(false);
            Report(resume is null ? "Starting" : "Restoring the checkpoint and starting");
            var state = await new GuardClient(cloud, time).CallAsync<RunState>(plan.Instance.InstanceId, ["run", "--spec", "-"], spec, GuardClient.LongCall, cancellationToken).ConfigureAwait(false);
            return new TrainingView(cloud, reference).Of(state, plan.Instance.InstanceId, plan.Script, plan.ProjectName);
        }
        catch (Exception e)
        {
            // Whatever the cause, a guard that is merely slow must not start what the user was told has failed.
            if (store is not null)
            {
                await GiveUpAsync("The record of the run could not be closed", token => store.WithdrawAsync(spec.RunId, spec.Attempt!.Nonce, token), Report).ConfigureAwait(false);
            }

            if (e is OperationCanceledException or RunctlException { Kind: ErrorKind.Timeout or ErrorKind.Connection or ErrorKind.InvalidData })
            {
                await GiveUpAsync("The preparation on the instance could not be ended", token => StopAsync(plan, token), Report).ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>Undoes a part of the start under a limit of its own; the first failure is the one to tell of.</summary>
    private async Task GiveUpAsync(string failed, Func<CancellationToken, Task> act, Action<string> report)
    {
        using var own = new CancellationTokenSource(TimeSpan.FromSeconds(20), time);
        try
        {
            await act(own.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RunctlException or OperationCanceledException)
        {
            report($"{failed}: {e.Message}");
        }
    }

    /// <summary>Ends what the guard may be doing for the run: a restore or a setup goes on without us, and keeps the checkpoint directory.</summary>
    private Task<JsonElement> StopAsync(StartPlan plan, CancellationToken cancellationToken) =>
        new GuardClient(cloud, time).CallAsync(plan.Instance.InstanceId, ["stop", "--run", plan.RunId, "--grace", "0", "--no-wait"], null, GuardClient.ShortCall, cancellationToken);

    private async Task<CodeReference> SyncAsync(StartPlan plan, RunStore? store, Action<string> report, CancellationToken cancellationToken)
    {
        var named = plan.Request.ResumeFrom is { } resume && store is null ? plan.Request.ScriptArguments.Append(Path.GetRelativePath(plan.Request.ProjectDirectory, resume)) : plan.Request.ScriptArguments;
        var listing = await new ProjectFiles(adapters)
            .ListAsync(plan.Request.ProjectDirectory, plan.Script, plan.Configuration.CheckpointDirectory, [.. named], cancellationToken).ConfigureAwait(false);
        foreach (var warning in listing.Warnings)
        {
            report(warning);
        }

        using var bundle = await CodeBundle.CreateAsync(listing.Files, cancellationToken).ConfigureAwait(false);
        return await new CodeTransport(cloud, time).BringAsync(bundle, store, plan.Instance.InstanceId, plan.Request.ProjectDirectory, report, cancellationToken).ConfigureAwait(false);
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
            Launch = plan.Request.Launch,
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
                State = "claimed",
                Claimed = spec.Created,
                ClaimedBy = Environment.MachineName,
                InstanceId = plan.Instance.InstanceId,
                InstanceType = plan.Instance.InstanceType,
                AvailabilityZone = plan.Instance.AvailabilityZone,
                IsSpot = plan.Instance.IsSpot,
            },
        ],
    };

    private async Task TagAsync(StartPlan plan, Action<string> report, CancellationToken cancellationToken)
    {
        try
        {
            await cloud.Instances.TagAsync([plan.Instance.InstanceId], new Dictionary<string, string> { [RunctlTags.RunId] = plan.RunId, [RunctlTags.Project] = plan.ProjectName }, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.Kind == ErrorKind.PermissionDenied)
        {
            report($"The instance could not be tagged with its run: {e.Message}");
        }
    }
}
