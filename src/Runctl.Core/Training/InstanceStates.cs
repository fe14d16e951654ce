using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Instances;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>What EC2 and the guards say of instances: each is asked once in a search, together with others.</summary>
internal sealed class InstanceStates(ICloud cloud, TimeProvider time)
{
    private readonly GuardGroupClient _guards = new(cloud, time);
    private readonly Dictionary<string, RunctlInstance?> _instances = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string InstanceId, RunState State)> _states = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>The newest attempt of each run that a guard told of.</summary>
    public IReadOnlyDictionary<string, (string InstanceId, RunState State)> States => _states;

    /// <summary>Looks up the running instances with a tag, by one question.</summary>
    public async Task<IReadOnlyList<RunctlInstance>> FindByTagAsync(string tag, string? value, CancellationToken cancellationToken)
    {
        var found = await cloud.Instances.FindAsync(new InstanceQuery { Tags = new Dictionary<string, string?> { [tag] = value }, States = [Ec2States.Running] }, cancellationToken).ConfigureAwait(false);
        Add(found);
        return found;
    }

    /// <summary>Looks up instances that have not been looked up yet.</summary>
    public async Task LookAsync(IEnumerable<string> instanceIds, CancellationToken cancellationToken)
    {
        var unknown = instanceIds.Where(id => !_instances.ContainsKey(id)).ToHashSet(StringComparer.Ordinal);
        if (unknown.Count == 0)
        {
            return;
        }

        Add(await cloud.Instances.FindAsync(new InstanceQuery { InstanceIds = [.. unknown] }, cancellationToken).ConfigureAwait(false));
        foreach (var id in unknown)
        {
            _instances.TryAdd(id, null);
        }
    }

    /// <summary>Asks the guards of those that run and have not been asked yet.</summary>
    public async Task AskAsync(IEnumerable<string> instanceIds, CancellationToken cancellationToken)
    {
        var ids = instanceIds.ToHashSet(StringComparer.Ordinal);
        await LookAsync(ids, cancellationToken).ConfigureAwait(false);
        string[] open = [.. ids.Where(id => Find(id)?.State == Ec2States.Running && _asked.Add(id))];
        if (open.Length == 0)
        {
            return;
        }

        foreach (var answer in (await _guards.AskAsync(open, ["status", "--events", "0", "--max-bytes", "2400"], cancellationToken).ConfigureAwait(false)).Values)
        {
            // No program means no runs. An instance that cannot be reached is shown as the records know it.
            if (answer.Value is { } value)
            {
                foreach (var state in RunctlJson.Read<GuardStatus>(value).Runs ?? [])
                {
                    if (!_states.TryGetValue(state.RunId, out var known) || known.State.Attempt < state.Attempt)
                    {
                        _states[state.RunId] = (answer.InstanceId, state);
                    }
                }
            }
            else if (answer.Error is { Kind: ErrorKind.Defect or ErrorKind.InvalidData } defect)
            {
                throw defect;
            }
        }
    }

    /// <summary>The instance, or null where EC2 does not know it or was not asked.</summary>
    public RunctlInstance? Find(string instanceId) => _instances.GetValueOrDefault(instanceId);

    /// <summary>Whether nothing runs on the instance, as far as EC2 says; it may start again.</summary>
    public bool IsOff(string instanceId) => Find(instanceId) is not { State: Ec2States.Pending or Ec2States.Running };

    /// <summary>Whether EC2 was asked and the instance will not come back.</summary>
    public bool IsGone(string instanceId) => _instances.TryGetValue(instanceId, out var instance) && (instance is null || instance.State is Ec2States.ShuttingDown or Ec2States.Terminated);

    private void Add(IEnumerable<RunctlInstance> found)
    {
        foreach (var instance in found)
        {
            _instances[instance.InstanceId] = instance;
        }
    }
}
