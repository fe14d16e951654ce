using System.Collections.Concurrent;
using Runctl.Checkpoints;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Training;

namespace Runctl.PowerShell.Completion;

/// <summary>Names this session has seen, each with a line about it, so that completion needs no network.</summary>
internal sealed class KnownTargets
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (string About, DateTimeOffset Order)> _runs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (string About, DateTimeOffset Order)> _instances = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string RunId, string Name), (string About, DateTimeOffset Order)> _checkpoints = new();
    private readonly ConcurrentDictionary<string, RunctlCheckpoint> _manifests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _buckets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _profiles = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _subnets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _groups = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, decimal> _prices = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _asked = new(StringComparer.Ordinal);

    /// <summary>Run ids, newest first.</summary>
    public IEnumerable<KeyValuePair<string, string>> Runs => NewestFirst(_runs);

    /// <summary>Instance ids, newest first.</summary>
    public IEnumerable<KeyValuePair<string, string>> Instances => NewestFirst(_instances);

    /// <summary>Buckets of runs and checkpoints.</summary>
    public IEnumerable<KeyValuePair<string, string>> Buckets => ByName(_buckets);

    /// <summary>Instance profiles of instances.</summary>
    public IEnumerable<KeyValuePair<string, string>> InstanceProfiles => ByName(_profiles);

    /// <summary>Subnets of instances, and those that EC2 listed.</summary>
    public IEnumerable<KeyValuePair<string, string>> Subnets => ByName(_subnets);

    /// <summary>Security groups of instances.</summary>
    public IEnumerable<KeyValuePair<string, string>> SecurityGroups => ByName(_groups);

    /// <summary>Spot prices in US dollars an hour, by instance type.</summary>
    public IReadOnlyDictionary<string, decimal> SpotPrices => _prices;

    /// <summary>Names of checkpoints, newest first; of one run, or of all.</summary>
    public IEnumerable<KeyValuePair<string, string>> Checkpoints(Func<string, bool> ofRun) =>
        _checkpoints.Where(known => ofRun(known.Key.RunId)).OrderByDescending(known => known.Value.Order).Select(known => KeyValuePair.Create(known.Key.Name, known.Value.About));

    /// <summary>The checkpoints themselves, by the URI of their manifests.</summary>
    public IEnumerable<RunctlCheckpoint> Manifests => _manifests.Values.OrderByDescending(checkpoint => checkpoint.SavedAt);

    /// <summary>Whether a question was not asked within the last minute; it counts as asked from now on.</summary>
    public bool MayAsk(string question)
    {
        if (_asked.TryGetValue(question, out var asked) && TimeProvider.System.GetElapsedTime(asked) < AskAgain)
        {
            return false;
        }

        _asked[question] = TimeProvider.System.GetTimestamp();
        return true;
    }

    /// <summary>Adds a run and its instance.</summary>
    public void Add(RunctlTraining training)
    {
        _runs[training.RunId] = ($"{training.Script} {training.State} on {(training.InstanceId.Length > 0 ? training.InstanceId : "no instance yet")}", training.Started ?? DateTimeOffset.MaxValue);
        AddBucket(training.S3Bucket);

        // A claim may have no instance yet.
        if (training.InstanceId.Length > 0)
        {
            _instances.TryAdd(training.InstanceId, ($"runs {training.RunId}", training.Started ?? DateTimeOffset.MaxValue));
        }
    }

    /// <summary>Adds an instance and what it was launched with.</summary>
    public void Add(RunctlInstance instance)
    {
        _instances[instance.InstanceId] = ($"{instance.InstanceType} {instance.State}{(instance.RunId is { } run ? $", {run}" : "")}", instance.LaunchTime ?? DateTimeOffset.MaxValue);
        if (instance.IamInstanceProfile is { } profile)
        {
            _profiles[profile] = $"instance profile of {instance.InstanceId}";
        }

        if (instance.SubnetId is { } subnet)
        {
            _subnets[subnet] = instance.AvailabilityZone ?? "";
        }

        foreach (var group in instance.SecurityGroupIds)
        {
            _groups[group] = $"security group of {instance.InstanceId}";
        }

        if (instance is { IsSpot: true, HourlyPrice: { } price })
        {
            _prices[instance.InstanceType] = price;
        }
    }

    /// <summary>Adds a checkpoint.</summary>
    public void Add(RunctlCheckpoint checkpoint)
    {
        var step = CheckpointStep.Text(checkpoint.Step, checkpoint.StepIsExact) is { } at ? $"step {at} " : "";
        _checkpoints[(checkpoint.RunId, checkpoint.Name)] = ($"{step}of {checkpoint.RunId}, {checkpoint.SavedAt:yyyy-MM-dd HH:mm:ss}Z", checkpoint.SavedAt);
        _manifests[checkpoint.Manifest] = checkpoint;
        AddBucket(checkpoint.S3Bucket);
    }

    /// <summary>Adds a subnet.</summary>
    public void Add(SubnetRecord subnet) => _subnets[subnet.SubnetId] = $"{subnet.AvailabilityZone}{(subnet.VpcId is { } network ? $" in {network}" : "")}";

    /// <summary>Adds a price.</summary>
    public void Add(SpotPriceRecord price) => _prices.AddOrUpdate(price.InstanceType, price.Price, (_, known) => Math.Min(known, price.Price));

    /// <summary>Adds a bucket.</summary>
    public void AddBucket(string? bucket)
    {
        if (!string.IsNullOrEmpty(bucket))
        {
            _buckets[bucket] = "bucket of runs in this session";
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> NewestFirst(IEnumerable<KeyValuePair<string, (string About, DateTimeOffset Order)>> known) =>
        known.OrderByDescending(one => one.Value.Order).ThenBy(one => one.Key, StringComparer.Ordinal).Select(one => KeyValuePair.Create(one.Key, one.Value.About));

    private static IEnumerable<KeyValuePair<string, string>> ByName(IEnumerable<KeyValuePair<string, string>> known) => known.OrderBy(one => one.Key, StringComparer.Ordinal);
}
