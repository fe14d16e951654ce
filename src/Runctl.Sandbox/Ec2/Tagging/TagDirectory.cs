using Runctl.Sandbox.Ec2.Fleets;
using Runctl.Sandbox.Ec2.Launching;
using Runctl.Sandbox.Ec2.Lifecycle;

namespace Runctl.Sandbox.Ec2.Tagging;

/// <summary>Everything that can be tagged.</summary>
internal sealed class TagDirectory(InstanceRegistry registry, InstanceLookup lookup, LaunchTemplates templates, FleetStore fleets)
{
    private static readonly Dictionary<string, string> NotFoundCodes = new(StringComparer.Ordinal)
    {
        ["i"] = "InvalidInstanceID.NotFound",
        ["vol"] = "InvalidVolume.NotFound",
        ["eni"] = "InvalidNetworkInterfaceID.NotFound",
        ["sir"] = "InvalidSpotInstanceRequestID.NotFound",
        ["lt"] = "InvalidLaunchTemplateId.NotFound",
        ["fleet"] = "InvalidFleetId.NotFound",
    };

    /// <summary>All of it; what a terminated instance had is gone, the instance itself stays listed.</summary>
    public IEnumerable<ITagged> All =>
        lookup.Listed.SelectMany(Parts).Concat(registry.SpotRequests).Concat(templates.All).Concat(fleets.All);

    /// <summary>The resources of these ids.</summary>
    /// <exception cref="Ec2Exception">One of them is not there, or just created and not there yet.</exception>
    public IReadOnlyList<ITagged> Get(IReadOnlyList<string> ids)
    {
        var all = All.ToDictionary(resource => resource.ResourceId, StringComparer.Ordinal);
        return [.. ids.Distinct(StringComparer.Ordinal).Select(id => all.GetValueOrDefault(id) ?? throw NotFound(id))];
    }

    private static IEnumerable<ITagged> Parts(InstanceRecord record) =>
        record.State == InstanceState.Terminated ? [record] : [record, record.Volume, record.Interface];

    private static Ec2Exception NotFound(string id) => NotFoundCodes.TryGetValue(id.Split('-')[0], out var code)
        ? new Ec2Exception(code, $"The ID '{id}' does not exist")
        : new Ec2Exception("InvalidID", $"The ID '{id}' is not valid");
}
