using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;

namespace Runctl.Sandbox.Ec2.Lifecycle;

/// <summary>StopInstances. It answers at once; the power goes in the background.</summary>
internal sealed class StopInstances(InstanceRegistry registry, InstanceLookup lookup) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var before = lookup.Required(parameters).Select(record => (Record: record, Previous: record.State)).ToList();
        foreach (var (record, _) in before)
        {
            // All or none.
            InstanceRegistry.CheckStoppable(record);
        }

        foreach (var (record, _) in before)
        {
            _ = registry.StopAsync(record.InstanceId);
        }

        yield return InstanceXml.Changes(before);
    }
}
