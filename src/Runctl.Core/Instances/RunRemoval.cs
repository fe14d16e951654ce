using System.Globalization;
using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Ports;
using Runctl.Training;

namespace Runctl.Instances;

/// <summary>Removes the instance of a run that was stopped, with the protections of Remove-RunctlInstance.</summary>
public sealed class RunRemoval(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>The instance and its price in a line, for people.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<string> DescribeAsync(string instanceId, CancellationToken cancellationToken)
    {
        if (await cloud.FindOneAsync(instanceId, cancellationToken).ConfigureAwait(false) is not { } instance)
        {
            return instanceId;
        }

        var price = configuration.Prices.TryGetValue(instance.InstanceType, out var onDemand) && !instance.IsSpot ? string.Create(CultureInfo.InvariantCulture, $", {onDemand} USD/h") : "";
        return $"{instanceId} ({instance.InstanceType} in {instance.AvailabilityZone ?? instance.Region}{price})";
    }

    /// <summary>Removes it. One that is gone already is no error.</summary>
    /// <param name="stopped">The run, stopped.</param>
    /// <param name="isForced">Whether a checkpoint of the run that is on the disk only is given up, and other trainings on the instance are saved and ended; the instance stays if the checkpoint of one of those is not safe.</param>
    /// <param name="warn">Told of what is given up.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RunctlException">CheckpointNotSaved, TrainingOnInstance, InstanceNotManaged.</exception>
    public async Task RemoveAsync(RunctlTraining stopped, bool isForced, Action<string> warn, CancellationToken cancellationToken)
    {
        if (await cloud.FindOneAsync(stopped.InstanceId, cancellationToken).ConfigureAwait(false) is not { } instance || instance.State is Ec2States.Terminated or Ec2States.ShuttingDown)
        {
            return;
        }

        if (!instance.IsManaged)
        {
            throw RunctlErrors.InstanceNotManaged(instance.InstanceId);
        }

        void GiveUp(string why) => warn($"{why} Instance {instance.InstanceId} is removed all the same, because of -Force.");

        var power = new InstancePower(cloud, configuration, time);
        foreach (var other in await FindOthersAsync(power, instance, isForced, GiveUp, cancellationToken).ConfigureAwait(false))
        {
            await power.SaveAsync(other, keepsDisk: false, cancellationToken).ConfigureAwait(false);
        }

        if (instance.State == Ec2States.Running && await FindProblemAsync(power, stopped, isForced, cancellationToken).ConfigureAwait(false) is { } problem)
        {
            if (!isForced)
            {
                throw RunctlErrors.CheckpointNotSaved(instance.InstanceId, stopped.RunId, problem, null);
            }

            GiveUp($"The checkpoint of run {stopped.RunId} is not safe: {problem}");
        }

        await new InstanceRemoval(cloud).RemoveAsync(instance, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<RunctlTraining>> FindOthersAsync(InstancePower power, RunctlInstance instance, bool isForced, Action<string> giveUp, CancellationToken cancellationToken)
    {
        IReadOnlyList<RunctlTraining> others;
        try
        {
            others = await power.FindTrainingsAsync(instance, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (isForced)
        {
            giveUp(e.Message);
            return [];
        }

        return others.Count == 0 || isForced ? others : throw RunctlErrors.TrainingOnInstance(instance.InstanceId, string.Join(", ", others.Select(t => t.RunId)));
    }

    private static async Task<string?> FindProblemAsync(InstancePower power, RunctlTraining stopped, bool isForced, CancellationToken cancellationToken)
    {
        try
        {
            return await power.FindProblemAsync(stopped, keepsDisk: false, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (isForced)
        {
            return e.Message;
        }
    }
}
