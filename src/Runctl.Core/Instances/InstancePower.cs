using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Json;
using Runctl.Pacing;
using Runctl.Ports;
using Runctl.Progress;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Instances;

/// <summary>Stops and starts instances, and sees to it that no training is cut off.</summary>
public sealed class InstancePower(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>The trainings that an end of the instance would cut off.</summary>
    /// <exception cref="RunctlException">It is not known whether there are any.</exception>
    public async Task<IReadOnlyList<RunctlTraining>> FindTrainingsAsync(RunctlInstance instance, CancellationToken cancellationToken)
    {
        if (instance.State != Ec2States.Running)
        {
            return [];
        }

        var answers = await new GuardGroupClient(cloud, time).AskAsync([instance.InstanceId], ["status", "--events", "0", "--max-bytes", "2400"], cancellationToken).ConfigureAwait(false);
        var answer = answers.GetValueOrDefault(instance.InstanceId);
        if (answer?.Value is { } value)
        {
            var view = new RunProjection(cloud, configuration);
            return [.. (RunctlJson.Read<GuardStatus>(value).Runs ?? []).Where(r => !r.HasEnded).Select(r => view.Of(r, instance.InstanceId, null, instance.Tags.GetValueOrDefault(RunctlTags.Project)))];
        }

        // Where no training was ever started there is none, reached or not.
        return answer is null or { ProgramIsMissing: true } || !instance.Tags.ContainsKey(RunctlTags.RunId) ? [] : throw RunctlErrors.TrainingsUnknown(instance.InstanceId, answer.Error!);
    }

    /// <summary>Stops a training that saves first; returns only when its checkpoint is safe.</summary>
    /// <param name="training">The training.</param>
    /// <param name="keepsDisk">Whether the disk outlives what is done to the instance: a checkpoint on it is safe then, where there is no bucket.</param>
    /// <param name="cancellationToken">Ends the waiting, not the save.</param>
    /// <exception cref="RunctlException">The checkpoint is not safe.</exception>
    public async Task SaveAsync(RunctlTraining training, bool keepsDisk, CancellationToken cancellationToken)
    {
        try
        {
            await new RunControl(cloud, time).StopAttemptAsync(training, configuration.GracePeriod, cancellationToken).ConfigureAwait(false);
            if (await FindProblemAsync(training, keepsDisk, cancellationToken).ConfigureAwait(false) is { } problem)
            {
                throw RunctlErrors.CheckpointNotSaved(training.InstanceId, training.RunId, problem, null);
            }
        }
        catch (RunctlException e) when (e.Id != ErrorIds.CheckpointNotSaved)
        {
            throw RunctlErrors.CheckpointNotSaved(training.InstanceId, training.RunId, e.Message, e);
        }
    }

    /// <summary>Why the checkpoint of a training that has ended is not safe, or null if it is.</summary>
    internal async Task<string?> FindProblemAsync(RunctlTraining training, bool keepsDisk, CancellationToken cancellationToken) => SaveOutcome.Problem(
        await new GuardClient(cloud, time).CallAsync<GuardStatus>(
            training.InstanceId, ["status", "--run", training.RunId, "--events", "20", "--max-bytes", "20000"], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false),
        keepsDisk);

    /// <summary>Whether the instance can be stopped; one that is stopped already can.</summary>
    /// <exception cref="RunctlException">Why not.</exception>
    public async Task CheckStoppableAsync(RunctlInstance instance, CancellationToken cancellationToken)
    {
        if (instance.State is not (Ec2States.Running or Ec2States.Stopping or Ec2States.Stopped))
        {
            throw RunctlErrors.InstanceNotRunning(instance.InstanceId, instance.State, instance.StateReason);
        }

        if (instance is { IsSpot: true, SpotInstanceRequestId: { } request } && !instance.Tags.ContainsKey(RunctlTags.Interruption)
            && await FindRequestAsync(request, cancellationToken).ConfigureAwait(false) is { IsPersistent: false })
        {
            throw RunctlErrors.SpotNotStoppable(instance.InstanceId, null);
        }
    }

    /// <summary>Begins to stop a running instance.</summary>
    public async Task StopAsync(RunctlInstance instance, CancellationToken cancellationToken)
    {
        try
        {
            await cloud.Instances.StopAsync([instance.InstanceId], cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (instance.IsSpot && e.ServiceErrorCode == "UnsupportedOperation")
        {
            throw RunctlErrors.SpotNotStoppable(instance.InstanceId, e);
        }
    }

    /// <summary>Begins to start a stopped instance.</summary>
    /// <returns>False where EC2 stopped it for lack of capacity: EC2 starts it again itself, and nobody else can.</returns>
    public async Task<bool> StartAsync(RunctlInstance instance, CancellationToken cancellationToken)
    {
        try
        {
            await cloud.Instances.StartAsync([instance.InstanceId], cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RunctlException e) when (e.ServiceErrorCode == "IncorrectSpotRequestState")
        {
            var request = instance.SpotInstanceRequestId is { } id ? await FindRequestAsync(id, cancellationToken).ConfigureAwait(false) : null;
            return request is null or { State: "open" } ? false : throw RunctlErrors.SpotRequestOver(instance.InstanceId, request.State, e);
        }
    }

    /// <summary>Waits until an instance is in one of the states.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="states">What is waited for.</param>
    /// <param name="timeout">Longest wait.</param>
    /// <param name="progress">Told how it stands.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<RunctlInstance> WaitForStateAsync(string instanceId, IReadOnlyCollection<string> states, TimeSpan timeout, IProgress<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var backoff = new Backoff(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(5), time);
        while (true)
        {
            var instance = await cloud.GetOneAsync(instanceId, cancellationToken).ConfigureAwait(false);
            if (states.Contains(instance.State))
            {
                return instance;
            }

            if (instance.State == Ec2States.Terminated)
            {
                throw RunctlErrors.InstanceNotRunning(instanceId, instance.State, instance.StateReason);
            }

            if (time.GetElapsedTime(began) > timeout)
            {
                throw RunctlErrors.TimedOut($"Waiting until {instanceId} is {string.Join(" or ", states)} (it is {instance.State})", timeout, instanceId, "Wait longer with -Timeout; Get-RunctlInstance shows its state.");
            }

            progress.Report(new ProgressUpdate($"Waiting for {instanceId}", $"{instance.State} ({time.GetElapsedTime(began).TotalSeconds:0} s)"));
            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The request, or null where it is not known any more or may not be looked at.</summary>
    private async Task<SpotRequestRecord?> FindRequestAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await cloud.Instances.FindSpotRequestsAsync([id], new Dictionary<string, string?>(), cancellationToken).ConfigureAwait(false)) is [var found, ..] ? found : null;
        }
        catch (RunctlException e) when (e.Kind == ErrorKind.PermissionDenied)
        {
            return null;
        }
    }
}
