using Runctl.Instances;
using Runctl.PowerShell.Engine;
using Runctl.Sandbox;
using Server = Runctl.Sandbox.RunctlSandbox;

namespace Runctl.PowerShell.Sandboxes;

/// <summary>Changes a running sandbox. Its assembly is loaded when this is first used.</summary>
internal static class SandboxChanges
{
    /// <summary>The faults of the sandbox at an endpoint; none where it runs no longer.</summary>
    public static RunctlSandboxFault[] FaultsOf(Uri endpoint) =>
        RunningSandboxes.ServerOf(endpoint) is Server server ? [.. server.Faults.All.Select(rule => rule.Fault.With(copy => copy.Hits = rule.Hits))] : [];

    /// <summary>What an instance of the sandbox at an endpoint lives with.</summary>
    /// <exception cref="Runctl.Errors.RunctlException">The sandbox runs no longer, or there is no such instance.</exception>
    public static RunctlSandboxCondition ConditionOf(Uri endpoint, string instanceId)
    {
        var server = Find(endpoint);
        try
        {
            return SandboxMapping.Of(instanceId, server.GetConditions(instanceId));
        }
        catch (InvalidOperationException refusal)
        {
            throw CommandErrors.SandboxRefused(instanceId, refusal);
        }
    }

    /// <summary>Changes what concerns all of a sandbox.</summary>
    public static void Apply(Uri endpoint, SetRunctlSandboxCommand given)
    {
        var server = Find(endpoint);
        if (given.IsGiven(nameof(given.PoolError)) && given.PoolError.Count == 0)
        {
            server.PoolErrors.Clear();
        }

        foreach (var (pool, error) in TextTable.Of(given.PoolError))
        {
            if (error.Length == 0)
            {
                server.PoolErrors.Remove(pool);
            }
            else
            {
                server.PoolErrors[pool] = error;
            }
        }

        if (given.Policy.Length > 0)
        {
            server.Policies = SandboxMapping.Policies(given.Policy);
        }

        if (given.IsGiven(nameof(given.SpotVcpuQuota)))
        {
            server.SpotVcpuQuota = given.SpotVcpuQuota;
        }

        if (given.InstanceId.Length > 0)
        {
            return;
        }

        if (given.ClearFault)
        {
            server.Faults.Clear();
        }

        AddFaults(server, given, instanceId: null);
        server.InitialConditions = SandboxMapping.Change(server.InitialConditions, given);
    }

    /// <summary>Changes what concerns one instance.</summary>
    /// <exception cref="Runctl.Errors.RunctlException">There is no such instance, or it is in a state that forbids it.</exception>
    public static void Apply(Uri endpoint, SetRunctlSandboxCommand given, string instanceId)
    {
        var server = Find(endpoint);
        try
        {
            server.SetConditions(instanceId, SandboxMapping.Change(server.GetConditions(instanceId), given));
            if (given.ClearFault)
            {
                foreach (var rule in server.Faults.All.Where(rule => rule.Fault.InstanceId == instanceId))
                {
                    rule.Remove();
                }
            }

            if (given.InstanceId.Length > 0)
            {
                AddFaults(server, given, instanceId);
            }

            if (given.WithdrawNotice && !server.WithdrawNotice(instanceId) && given.InstanceId.Length > 0)
            {
                throw CommandErrors.NoticeNotFound(instanceId);
            }

            if (given.ReturnCapacity && (given.InstanceId.Length > 0 || server.Instances.Any(i => i.InstanceId == instanceId && i.State == Ec2States.Stopped)))
            {
                server.ReturnCapacity(instanceId);
            }

            if (given.IsGiven(nameof(given.StaleNotice)))
            {
                server.ShowStaleNotice(instanceId, given.StaleNotice);
            }
        }
        catch (InvalidOperationException refusal)
        {
            throw CommandErrors.SandboxRefused(instanceId, refusal);
        }
    }

    /// <summary>The ids of a sandbox's instances that are not gone.</summary>
    public static IReadOnlyList<string> InstancesOf(Uri endpoint) =>
        [.. Find(endpoint).Instances.Where(instance => instance.State is not (Ec2States.Terminated or Ec2States.ShuttingDown)).Select(instance => instance.InstanceId)];

    private static void AddFaults(Server server, SetRunctlSandboxCommand given, string? instanceId)
    {
        foreach (var fault in given.Fault)
        {
            server.Faults.Add(fault.With(copy => copy.InstanceId = fault.InstanceId ?? instanceId));
        }
    }

    private static Server Find(Uri endpoint) => RunningSandboxes.ServerOf(endpoint) as Server ?? throw CommandErrors.SandboxNotFound(endpoint);
}
