using System.Collections.Concurrent;
using Runctl.Instances;
using Runctl.Training;

namespace Runctl.PowerShell.Composition;

/// <summary>Ids this session has seen, so that completion needs no network.</summary>
internal sealed class KnownTargets
{
    private readonly ConcurrentDictionary<string, string> _runs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _instances = new(StringComparer.Ordinal);

    /// <summary>Run ids, each with a line about it.</summary>
    public IEnumerable<KeyValuePair<string, string>> Runs => _runs;

    /// <summary>Instance ids, each with a line about it.</summary>
    public IEnumerable<KeyValuePair<string, string>> Instances => _instances;

    /// <summary>Adds a run and its instance.</summary>
    public void Add(RunctlTraining training)
    {
        _runs[training.RunId] = $"{training.Script} on {training.InstanceId}";
        // A claim may have none yet.
        if (training.InstanceId.Length > 0)
        {
            _instances.TryAdd(training.InstanceId, $"runs {training.RunId}");
        }
    }

    /// <summary>Adds an instance.</summary>
    public void Add(RunctlInstance instance) => _instances[instance.InstanceId] = $"{instance.InstanceType}, {instance.State}";
}
