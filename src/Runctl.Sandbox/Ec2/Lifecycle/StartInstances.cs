using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;

namespace Runctl.Sandbox.Ec2.Lifecycle;

/// <summary>StartInstances; one that runs already is no error.</summary>
internal sealed class StartInstances(InstanceRegistry registry, InstanceLookup lookup) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var before = lookup.Required(parameters).Select(record => (Record: record, Previous: record.State)).ToList();
        foreach (var (record, previous) in before)
        {
            if (previous is not (InstanceState.Pending or InstanceState.Running))
            {
                _ = registry.StartAsync(record.InstanceId);
            }
        }

        yield return InstanceXml.Changes(before);
    }
}
