using Runctl.Sandbox.Ec2.Protocol;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>The launch templates there are.</summary>
internal sealed class LaunchTemplates
{
    private readonly object _gate = new();
    private readonly List<LaunchTemplate> _templates = [];

    /// <summary>All, oldest first.</summary>
    public IReadOnlyList<LaunchTemplate> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _templates];
            }
        }
    }

    /// <summary>Adds one.</summary>
    /// <exception cref="Ec2Exception">The name is taken.</exception>
    public LaunchTemplate Add(LaunchTemplate template)
    {
        lock (_gate)
        {
            if (_templates.Any(other => other.Name == template.Name))
            {
                throw new Ec2Exception("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.");
            }

            _templates.Add(template);
            return template;
        }
    }

    /// <summary>Removes one; false where it is gone already.</summary>
    public bool Remove(LaunchTemplate template)
    {
        lock (_gate)
        {
            return _templates.Remove(template);
        }
    }

    /// <summary>The template a branch names by LaunchTemplateId or LaunchTemplateName.</summary>
    /// <exception cref="Ec2Exception">It names none, or one that is not there.</exception>
    public LaunchTemplate Get(Ec2Parameters parameters)
    {
        var id = parameters["LaunchTemplateId"];
        var name = parameters["LaunchTemplateName"];
        return (id, name) switch
        {
            (null, null) => throw Ec2Errors.Missing("LaunchTemplateId"),
            (not null, not null) => throw new Ec2Exception("InvalidParameterCombination",
                "Specify either a launch template ID or a launch template name, not both."),
            (not null, _) => ById(id),
            _ => ByName(name!),
        };
    }

    /// <summary>A template by its id.</summary>
    public LaunchTemplate ById(string id) => All.FirstOrDefault(template => template.Id == id)
        ?? throw (Ids.IsWellFormed("lt", id)
            ? new Ec2Exception("InvalidLaunchTemplateId.NotFound", $"The specified launch template, with template ID {id}, does not exist.")
            : new Ec2Exception("InvalidLaunchTemplateId.Malformed", $"Invalid id: \"{id}\" (expecting \"lt-...\")"));

    /// <summary>A template by its name.</summary>
    public LaunchTemplate ByName(string name) => All.FirstOrDefault(template => template.Name == name)
        ?? throw new Ec2Exception("InvalidLaunchTemplateName.NotFoundException",
            $"The specified launch template, with template name {name}, does not exist.");
}
