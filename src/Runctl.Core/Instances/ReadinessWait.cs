using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;

namespace Runctl.Instances;

/// <summary>Waits for an instance: running, online in SSM, done with cloud-init.</summary>
internal sealed class ReadinessWait(ICloud cloud, TimeProvider time, string instanceId, IProgress<ProgressUpdate> progress)
{
    /// <summary>Exit code 2 means done with warnings; an image without cloud-init has nothing to wait for.</summary>
    private const string CloudInitScript = """
        command -v cloud-init >/dev/null 2>&1 || exit 0
        cloud-init status --wait --long
        """;

    private readonly long _began = time.GetTimestamp();

    /// <summary>The instance once it is ready.</summary>
    public async Task<RunctlInstance> RunAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var stage = "Waiting for the instance to run";
        RunctlInstance? instance = null;
        try
        {
            instance = await PollAsync(stage, i => Task.FromResult(i.State == Ec2States.Running), linked.Token).ConfigureAwait(false);
            stage = "Waiting for SSM";
            instance = await PollAsync(stage, _ => cloud.IsOnlineAsync(instanceId, linked.Token), linked.Token).ConfigureAwait(false);
            stage = "Waiting for cloud-init";
            Report(stage);
            await WaitForCloudInitAsync(timeout, linked.Token).ConfigureAwait(false);
            return instance;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw stage == "Waiting for SSM" && instance is not null
                ? RunctlErrors.InstanceNotOnline(instanceId, instance.IamInstanceProfile)
                : RunctlErrors.TimedOut($"{stage} ({instanceId})", timeout, instanceId, "Wait longer with -Timeout, or read the console output of the instance.");
        }
    }

    private async Task<RunctlInstance> PollAsync(string stage, Func<RunctlInstance, Task<bool>> isDone, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(5), time);
        while (true)
        {
            Report(stage);
            var instance = await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false);
            if (instance is { State: Ec2States.Terminated or Ec2States.ShuttingDown or Ec2States.Stopped or Ec2States.Stopping })
            {
                throw RunctlErrors.InstanceNotRunning(instanceId, instance.State, instance.StateReason);
            }

            // A new instance may be unknown for a moment.
            if (instance is null && time.GetElapsedTime(_began) > TimeSpan.FromMinutes(1))
            {
                throw RunctlErrors.InstanceNotFound(instanceId, cloud.Region);
            }

            if (instance is not null && await isDone(instance).ConfigureAwait(false))
            {
                return instance;
            }

            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WaitForCloudInitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var outcome = await new CommandRunner(cloud, time).RunAsync(instanceId, CloudInitScript, timeout, "runctl wait for cloud-init", cancellationToken).ConfigureAwait(false);
        if (outcome.ExitCode == 2)
        {
            Report("cloud-init is done, with warnings: " + outcome.Output.Trim().ReplaceLineEndings(" "));
        }
        else if (outcome.ExitCode != 0)
        {
            throw RunctlErrors.CloudInitFailed(instanceId, (outcome.Output + outcome.Error).Trim().ReplaceLineEndings(" "));
        }
    }

    private void Report(string status) => progress.Report(new ProgressUpdate($"Preparing {instanceId}", $"{status} ({time.GetElapsedTime(_began).TotalSeconds:0} s)"));
}
