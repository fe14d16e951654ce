using Runctl.Sandbox.Ec2.Protocol;

namespace Runctl.Sandbox.Ec2.Lifecycle;

/// <summary>
/// Instances as the API sees them. It is eventually consistent: what was launched a moment ago can be terminated,
/// but descriptions and tags do not know it yet.
/// </summary>
internal sealed class InstanceLookup(InstanceRegistry registry, TimeProvider clock)
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(200);

    /// <summary>What a description lists.</summary>
    public IReadOnlyList<InstanceRecord> Listed => [.. registry.All.Where(IsVisible)];

    /// <summary>The instances a description names by InstanceId, or all.</summary>
    public IReadOnlyList<InstanceRecord> Described(Ec2Parameters parameters) =>
        parameters.Has("InstanceId") ? Named(parameters, IsVisible) : Listed;

    /// <summary>The instances an action names by InstanceId; all of them must be there, or nothing happens to any.</summary>
    public IReadOnlyList<InstanceRecord> Required(Ec2Parameters parameters) =>
        parameters.Has("InstanceId") ? Named(parameters, _ => true) : throw Ec2Errors.Missing("InstanceId");

    private List<InstanceRecord> Named(Ec2Parameters parameters, Func<InstanceRecord, bool> visible)
    {
        var ids = parameters.List("InstanceId").Distinct(StringComparer.Ordinal).ToList();
        if (ids.FirstOrDefault(id => !Ids.IsWellFormed("i", id)) is { } malformed)
        {
            throw new Ec2Exception("InvalidInstanceID.Malformed", $"Invalid id: \"{malformed}\"");
        }

        var found = ids.Select(registry.Find).OfType<InstanceRecord>().Where(visible).ToList();
        return found.Count == ids.Count ? found
            : throw Ec2Errors.InstanceNotFound([.. ids.Except(found.Select(record => record.InstanceId))]);
    }

    private bool IsVisible(InstanceRecord record) => clock.GetUtcNow() - record.Created >= Delay;
}
