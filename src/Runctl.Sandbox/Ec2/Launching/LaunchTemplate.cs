using Runctl.Sandbox.Ec2.Tagging;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>A launch template. It has one version.</summary>
internal sealed class LaunchTemplate(
    string id, string name, LaunchSpecification specification, TagSet tags, string createdBy, DateTimeOffset created) : ITagged
{
    private volatile TagSet _tags = tags;

    public string Id { get; } = id;

    public string Name { get; } = name;

    public LaunchSpecification Specification { get; } = specification;

    public string CreatedBy { get; } = createdBy;

    public DateTimeOffset Created { get; } = created;

    string ITagged.ResourceId => Id;

    string ITagged.ResourceType => "launch-template";

    public TagSet Tags
    {
        get => _tags;
        set => _tags = value;
    }
}
