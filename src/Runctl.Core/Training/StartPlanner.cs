using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Resuming;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Checks a start: script, instance, SSM, bucket, checkpoint. Changes nothing.</summary>
internal sealed class StartPlanner(ICloud cloud, TimeProvider time)
{
    /// <summary>An instance that was just launched gets this long to come online for the first time.</summary>
    private static readonly TimeSpan FirstOnlineWait = TimeSpan.FromSeconds(20);

    /// <summary>One that was online before may have been started again a moment ago.</summary>
    private static readonly TimeSpan AgainOnlineWait = TimeSpan.FromSeconds(4);

    /// <summary>The plan for a request.</summary>
    public async Task<StartPlan> PlanAsync(StartRequest request, RunctlConfiguration configuration, CancellationToken cancellationToken)
    {
        CheckScript(request);
        foreach (var argument in request.ScriptArguments)
        {
            Transmittable.Require("A script argument", argument);
        }

        foreach (var (variable, value) in configuration.TrainingEnvironment)
        {
            Transmittable.Require($"The environment variable {variable}", value);
        }

        AlertSettings.Of(configuration);
        var instance = await cloud.GetOneAsync(request.InstanceId, cancellationToken).ConfigureAwait(false);
        if (instance.State != Ec2States.Running)
        {
            throw RunctlErrors.InstanceNotRunning(instance.InstanceId, instance.State, instance.StateReason);
        }

        await WaitOnlineAsync(instance, cancellationToken).ConfigureAwait(false);
        if (StoreReference.Of(configuration) is { } store)
        {
            await cloud.Objects.CheckBucketAsync(store.Bucket, store.RunPrefix + "/", cancellationToken).ConfigureAwait(false);
        }

        await new ResumePreparation(cloud, configuration, time).CheckAsync(request, cancellationToken).ConfigureAwait(false);
        var runId = RunNaming.NewRunId(RunNaming.ProjectName(configuration.ProjectName, request.ProjectDirectory), time.GetUtcNow());
        var warnings = Warnings(instance, configuration);
        if (configuration.AutoResume && await FindObstacleAsync(configuration, request, instance, cancellationToken).ConfigureAwait(false) is { } obstacle)
        {
            warnings.Add(request.InsistsOnAutoResume ? throw obstacle : AutoResumeCheck.Warning(obstacle));
            configuration = configuration with { AutoResume = false };
        }

        var plan = new StartPlan(request, configuration, instance, runId, "", warnings);
        var place = configuration.S3Bucket is { } name ? $"checkpoints to s3://{name}/{configuration.S3Prefix.Trim('/')}/{instance.InstanceId}/" : "checkpoints stay on the instance";
        return plan with { Description = $"{plan.Script} on {instance.InstanceId} ({instance.InstanceType}, {instance.AvailabilityZone}), {place}{(plan.Retention is { } kept ? $"; {kept}" : "")}" };
    }

    private async Task<RunctlException?> FindObstacleAsync(RunctlConfiguration configuration, StartRequest request, RunctlInstance instance, CancellationToken cancellationToken)
    {
        try
        {
            return AutoResumeCheck.Find(configuration, request.SyncCode, instance)
                ?? AutoResumeCheck.Find(configuration, request.SyncCode, await cloud.WithInterruptionAsync(instance, cancellationToken).ConfigureAwait(false));
        }
        catch (RunctlException e) when (e.Kind == ErrorKind.PermissionDenied)
        {
            // Whether it hibernates can not be known then.
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

    private static List<string> Warnings(RunctlInstance instance, RunctlConfiguration configuration)
    {
        var warnings = new List<string>();
        if (configuration.S3Bucket is null)
        {
            warnings.Add("No s3_bucket is configured: checkpoints stay on the instance's disk and are lost with it, and the run can not be resumed elsewhere.");
        }
        else if (instance.IamInstanceProfile is null)
        {
            warnings.Add($"Instance {instance.InstanceId} has no instance profile: it has no credentials to upload checkpoints with.");
        }

        if (!instance.IsSpot)
        {
            warnings.Add($"Instance {instance.InstanceId} is not a spot instance: it will not be interrupted, and the guard only mirrors its checkpoints.");
        }

        return warnings;
    }
}
