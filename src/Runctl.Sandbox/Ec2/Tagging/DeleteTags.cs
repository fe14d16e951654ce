using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Tagging;

/// <summary>DeleteTags: by key, by key and value, or all of them.</summary>
internal sealed class DeleteTags(TagDirectory directory) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var ids = parameters.List("ResourceId");
        if (ids.Count == 0)
        {
            throw Ec2Errors.Missing("resourceIdSet");
        }

        // The value matters here: where it is not given at all any value goes, where it is empty only an empty one.
        var tags = parameters.Branches("Tag").Select(tag => (Key: tag.Require("Key"), Value: tag.Raw("Value"))).ToList();
        foreach (var resource in directory.Get(ids))
        {
            resource.Tags = tags.Count == 0
                ? TagSet.Empty.With(resource.Tags.Where(tag => tag.Key.StartsWith("aws:", StringComparison.Ordinal)))
                : tags.Aggregate(resource.Tags, (set, tag) => set.Without(tag.Key, tag.Value));
        }

        yield return Flag("return", true);
    }
}
