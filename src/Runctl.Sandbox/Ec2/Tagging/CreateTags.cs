using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Tagging;

/// <summary>CreateTags.</summary>
internal sealed class CreateTags(TagDirectory directory) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var ids = parameters.List("ResourceId");
        var tags = TagReader.Tags(parameters);
        if (ids.Count == 0 || tags.Count == 0)
        {
            throw Ec2Errors.Missing(ids.Count == 0 ? "resourceIdSet" : "tagSet");
        }

        // All or none.
        var changes = directory.Get(ids).Select(resource => (resource, TagReader.Checked(tags, resource.Tags))).ToList();
        foreach (var (resource, set) in changes)
        {
            resource.Tags = set;
        }

        yield return Flag("return", true);
    }
}
