using Runctl.Code;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Resuming;
using Runctl.Runs;
using Runctl.Setup;

namespace Runctl.Training;

/// <summary>
/// Checks a start: first what lies here, then bucket and checkpoint, then the instance, or what is to be launched. Changes nothing. Failures of one look are reported together.
/// </summary>
internal sealed class StartPlanner(ICloud cloud, IAdapters adapters, TimeProvider time)
{
    /// <summary>An instance that was just launched gets this long to come online for the first time.</summary>
    private static readonly TimeSpan FirstOnlineWait = TimeSpan.FromSeconds(20);

    /// <summary>One that was online before may have been started again a moment ago.</summary>
    private static readonly TimeSpan AgainOnlineWait = TimeSpan.FromSeconds(4);

    private readonly Findings _findings = new();
    private readonly List<string> _warnings = [];
    private string? _begin;

    /// <summary>The instance that the request names, once EC2 was asked for it; known too if a check failed.</summary>
    public RunctlInstance? Instance { get; private set; }

    /// <summary>The plan for a request.</summary>
    public async Task<StartPlan> PlanAsync(StartRequest request, RunctlConfiguration configuration, CancellationToken cancellationToken)
    {
        CheckHere(request, configuration);
        // No call is made for what is wrong here.
        _findings.ThrowIfAny();
        var runId = RunNaming.NewRunId(RunNaming.ProjectName(configuration.ProjectName, request.ProjectDirectory), time.GetUtcNow());
        var plan = new StartPlan(request, configuration, null, runId, "", _warnings);
        plan = plan with { Code = await ListAsync(plan, cancellationToken).ConfigureAwait(false) };

        await CheckStoreAsync(request, configuration, cancellationToken).ConfigureAwait(false);
        var launch = request.NewInstance is { } wanted ? await _findings.CheckAsync(() => new LaunchTrial(cloud).PlanAsync(wanted, cancellationToken)).ConfigureAwait(false) : null;
        if (request.InstanceId is { } id)
        {
            await _findings.CheckAsync(() => CheckInstanceAsync(id, cancellationToken)).ConfigureAwait(false);
        }

        _findings.ThrowIfAny();
        AddWarnings(configuration, request, Instance);
        if (configuration.AutoResume && await FindObstacleAsync(configuration, request, cancellationToken).ConfigureAwait(false) is { } obstacle)
        {
            _warnings.Add(request.InsistsOnAutoResume ? throw obstacle : AutoResumeCheck.Warning(obstacle));
            configuration = configuration with { AutoResume = false };
        }

        plan = plan with { Configuration = configuration, Instance = Instance, Launch = launch };
        return plan with { Description = Describe(plan) };
    }

    /// <summary>What costs no call: script, project, arguments, environment, settings.</summary>
    private void CheckHere(StartRequest request, RunctlConfiguration configuration)
    {
        var isThere = _findings.Check(() => CheckScript(request));
        foreach (var argument in request.ScriptArguments)
        {
            _findings.Check(() => Transmittable.Require("A script argument", argument));
        }

        foreach (var (variable, value) in configuration.TrainingEnvironment)
        {
            _findings.Check(() => Transmittable.Require($"The environment variable {variable}", value));
        }

        _findings.Check(() => AlertSettings.Of(configuration));
        if (request is { NewInstance: { } launch, SyncCode: false })
        {
            _findings.Check(() => CheckImage(request, configuration, launch));
        }

        if (isThere && Entries.KindOf(request.ScriptPath) is EntryKind.File or EntryKind.Link && File.Exists(request.ScriptPath))
        {
            _warnings.AddRange(ScriptChecks.Warnings(configuration, request.ScriptPath, request.ProjectDirectory));
        }
    }

    /// <summary>Without -SyncCode the image has to bring the code: nothing else does before the guard looks for the script. Decision 0114.</summary>
    private void CheckImage(StartRequest request, RunctlConfiguration configuration, LaunchRequest launch)
    {
        var plan = new StartPlan(request, configuration, null, "", "", []);
        if (launch.ImageId is not { } image)
        {
            throw RunctlErrors.CodeNotBrought(plan.Script, plan.ProjectName);
        }

        _warnings.Add($"-SyncCode is missing: the image {image} must have {plan.Script} in the directory {plan.ProjectName} of its login user.");
    }

    /// <summary>The files that will travel, or null.</summary>
    private async Task<ProjectListing?> ListAsync(StartPlan plan, CancellationToken cancellationToken)
    {
        var request = plan.Request;
        if (!request.SyncCode)
        {
            return null;
        }

        // Without a bucket a local checkpoint travels with the code.
        var named = request.ResumeFrom is { } resume && plan.Configuration.S3Bucket is null ? request.ScriptArguments.Append(Path.GetRelativePath(request.ProjectDirectory, resume)) : request.ScriptArguments;
        var listing = await _findings.CheckAsync(() =>
            new ProjectFiles(adapters).ListAsync(request.ProjectDirectory, plan.Script, plan.Configuration.CheckpointDirectory, [.. named], cancellationToken)).ConfigureAwait(false);
        _findings.ThrowIfAny();
        _warnings.AddRange(listing!.Warnings);
        return listing;
    }

    private async Task CheckStoreAsync(StartRequest request, RunctlConfiguration configuration, CancellationToken cancellationToken)
    {
        await _findings.CheckAsync(async () =>
        {
            if (StoreReference.Of(configuration) is { } store)
            {
                await cloud.Objects.CheckBucketAsync(store.Bucket, store.RunPrefix + "/", cancellationToken).ConfigureAwait(false);
            }

            _begin = await new ResumePreparation(cloud, configuration, time).CheckAsync(request, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private async Task CheckInstanceAsync(string instanceId, CancellationToken cancellationToken)
    {
        Instance = await cloud.GetOneAsync(instanceId, cancellationToken).ConfigureAwait(false);
        if (Instance.State != Ec2States.Running)
        {
            throw RunctlErrors.InstanceNotRunning(Instance.InstanceId, Instance.State, Instance.StateReason);
        }

        await WaitOnlineAsync(Instance, cancellationToken).ConfigureAwait(false);
    }

    private string Describe(StartPlan plan)
    {
        var (configuration, kept, begin) = (plan.Configuration, plan.Retention is { } retention ? $"; {retention}" : "", _begin is null ? "" : $" from {_begin}");
        string Place(string instance) => configuration.S3Bucket is { } name ? $"checkpoints to s3://{name}/{configuration.S3Prefix.Trim('/')}/{instance}" : "checkpoints stay on the instance";
        return plan.Instance is { } instance
            ? $"{plan.Script}{begin} on {instance.InstanceId} ({instance.InstanceType}, {instance.AvailabilityZone}), {Place(instance.InstanceId + "/")}{kept}"
            : $"{plan.Script}{begin} on {plan.Launch!.Description}; {Place("")}{kept}";
    }

    private async Task<RunctlException?> FindObstacleAsync(RunctlConfiguration configuration, StartRequest request, CancellationToken cancellationToken)
    {
        if (Instance is null)
        {
            return AutoResumeCheck.Find(configuration, request.SyncCode, request.NewInstance is { InterruptionBehavior: RunctlInterruptionBehavior.Hibernate }, "to be launched");
        }

        try
        {
            return AutoResumeCheck.Find(configuration, request.SyncCode, Instance)
                ?? AutoResumeCheck.Find(configuration, request.SyncCode, await cloud.WithInterruptionAsync(Instance, cancellationToken).ConfigureAwait(false));
        }
        catch (RunctlException e) when (e.Kind == ErrorKind.PermissionDenied)
        {
            // Whether it hibernates cannot be known then.
            return e;
        }
    }

    private static void CheckScript(StartRequest request)
    {
        if (!Directory.Exists(request.ProjectDirectory))
        {
            throw RunctlErrors.ProjectMissing(request.ProjectDirectory);
        }

        var relative = Path.GetRelativePath(request.ProjectDirectory, request.ScriptPath);
        if (Path.IsPathRooted(relative) || relative == ".." || relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw RunctlErrors.ScriptOutsideProject(request.ScriptPath, request.ProjectDirectory);
        }

        if (Directory.Exists(request.ScriptPath))
        {
            throw RunctlErrors.ScriptIsDirectory(request.ScriptPath);
        }

        // Without -SyncCode it is the instance's copy that counts; the guard looks for it there.
        if (request.SyncCode && !File.Exists(request.ScriptPath))
        {
            throw RunctlErrors.ScriptMissing(request.ScriptPath);
        }
    }

    private async Task WaitOnlineAsync(RunctlInstance instance, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var backoff = new Backoff(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(4), time);
        while (true)
        {
            var known = await cloud.FindManagedAsync(instance.InstanceId, cancellationToken).ConfigureAwait(false);
            if (known is { IsOnline: true })
            {
                return;
            }

            var age = instance.LaunchTime is { } launched ? time.GetUtcNow() - launched : TimeSpan.MaxValue;
            var patience = known is null ? FirstOnlineWait : AgainOnlineWait;
            // Without a profile its agent has nothing to register with, however long one waits.
            if (instance.IamInstanceProfile is null || age > TimeSpan.FromMinutes(10) || time.GetElapsedTime(began) > patience)
            {
                throw RunctlErrors.InstanceNotOnline(instance.InstanceId, instance.IamInstanceProfile);
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void AddWarnings(RunctlConfiguration configuration, StartRequest request, RunctlInstance? instance)
    {
        var name = instance is null ? "The instance to be launched" : $"Instance {instance.InstanceId}";
        if (configuration.S3Bucket is null)
        {
            _warnings.Add("No s3_bucket is configured: checkpoints stay on the instance's disk and are lost with it, and the run cannot be resumed elsewhere.");
        }
        else if ((instance is null ? request.NewInstance?.IamInstanceProfile : instance.IamInstanceProfile) is null)
        {
            _warnings.Add($"{name} has no instance profile: it has no credentials to upload checkpoints with.");
        }

        if (instance is { IsSpot: false })
        {
            _warnings.Add($"{name} is not a spot instance: it will not be interrupted, and the guard only mirrors its checkpoints.");
        }
    }
}
