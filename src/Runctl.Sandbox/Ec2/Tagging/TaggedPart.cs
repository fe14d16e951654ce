namespace Runctl.Sandbox.Ec2.Tagging;

/// <summary>A volume or network interface: nothing but an id and tags in this sandbox.</summary>
internal sealed class TaggedPart(string resourceType, string resourceId, TagSet tags) : ITagged
{
    private volatile TagSet _tags = tags;

    /// <inheritdoc/>
    public string ResourceId { get; } = resourceId;

    /// <inheritdoc/>
    public string ResourceType { get; } = resourceType;

    /// <inheritdoc/>
    public TagSet Tags
    {
        get => _tags;
        set => _tags = value;
    }
}
