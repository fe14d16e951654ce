using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Resuming;

/// <summary>Finds the instance that is there and that a run can be resumed on.</summary>
internal sealed class ResumePlace(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>The instance that the user named, which has to run and to be free.</summary>
    /// <exception cref="RunctlException">InstanceNotFound, InstanceNotRunning, ResumePlaceBusy, TrainingsUnknown.</exception>
    public async Task<string> NamedAsync(string runId, string instanceId, CancellationToken cancellationToken)
    {
        var instance = await cloud.GetOneAsync(instanceId, cancellationToken).ConfigureAwait(false);
        if (instance.State != Ec2States.Running)
        {
            throw RunctlErrors.InstanceNotRunning(instance.InstanceId, instance.State, instance.StateReason);
        }

        return await FindOthersAsync(runId, instance, cancellationToken).ConfigureAwait(false) is { } others ? throw RunctlErrors.ResumePlaceBusy(runId, instanceId, others) : instanceId;
    }

    /// <summary>The run's own instance, which runs: it has to be free, because another one beside it would cost money without a use.</summary>
    /// <exception cref="RunctlException">OwnInstanceUnusable.</exception>
    public async Task<string> OwnAsync(string runId, RunctlInstance instance, CancellationToken cancellationToken)
    {
        string? others;
        try
        {
            others = await FindOthersAsync(runId, instance, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e)
        {
            throw RunctlErrors.OwnInstanceUnusable(runId, instance.InstanceId, e.Message, e);
        }

        return others is null ? instance.InstanceId : throw RunctlErrors.OwnInstanceUnusable(runId, instance.InstanceId, $"{others} trains there.");
    }

    /// <summary>The other runs that train on an instance, or null.</summary>
    private async Task<string?> FindOthersAsync(string runId, RunctlInstance instance, CancellationToken cancellationToken)
    {
        var trainings = await new InstancePower(cloud, configuration, time).FindTrainingsAsync(instance, cancellationToken).ConfigureAwait(false);
        string[] others = [.. trainings.Select(t => t.RunId).Where(id => id != runId)];
        return others.Length == 0 ? null : string.Join(", ", others);
    }
}
