using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Tagging;

/// <summary>DescribeTags.</summary>
internal sealed class DescribeTags(TagDirectory directory) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        // Here tag:KEY is an ordinary filter on one tag, so each tag is matched as a resource of its own.
        var filters = Ec2Filters.Read(parameters, "key", "value", "resource-id", "resource-type", "tag");
        var found =
            from resource in directory.All
            from tag in resource.Tags
            where filters.Match(TagSet.Empty.With([tag]), name => Value(resource, tag, name))
            select (Resource: resource, Tag: tag);
        var page = Ec2Page<(ITagged Resource, KeyValuePair<string, string> Tag)>.Cut(parameters, [.. found]);
        yield return List("tagSet", page.Items, item =>
        [
            Text("resourceId", item.Resource.ResourceId),
            Text("resourceType", item.Resource.ResourceType),
            Text("key", item.Tag.Key),
            Text("value", item.Tag.Value),
        ]);
        yield return page.Token;
    }

    private static string Value(ITagged resource, KeyValuePair<string, string> tag, string filter) => filter switch
    {
        "key" => tag.Key,
        "value" => tag.Value,
        "resource-id" => resource.ResourceId,
        _ => resource.ResourceType,
    };
}
