using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using Runctl.Sandbox.Ec2.Tagging;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>CreateLaunchTemplate.</summary>
internal sealed class CreateLaunchTemplate(LaunchTemplates templates, ClientTokens tokens, TimeProvider clock) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var template = tokens.Once("CreateLaunchTemplate", parameters, () => Create(parameters));
        yield return Node("launchTemplate", LaunchTemplateXml.Content(template));
    }

    private LaunchTemplate Create(Ec2Parameters parameters)
    {
        var name = parameters.Require("LaunchTemplateName");
        if (name.Length is < 3 or > 128 || !name.All(c => char.IsAsciiLetterOrDigit(c) || "().-/_".Contains(c, StringComparison.Ordinal)))
        {
            throw new Ec2Exception("InvalidLaunchTemplateName.MalformedException",
                "Launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _");
        }

        if (!parameters.Has("LaunchTemplateData"))
        {
            throw Ec2Errors.Missing("LaunchTemplateData");
        }

        var specification = LaunchSpecificationReader.Read(parameters.Branch("LaunchTemplateData"));
        var tags = TagReader.Specifications(parameters, "launch-template").GetValueOrDefault("launch-template") ?? TagSet.Empty;
        return templates.Add(new LaunchTemplate(
            Ids.New("lt"), name, specification, tags, $"arn:aws:iam::{NetworkTable.OwnerId}:user/sandbox", clock.GetUtcNow()));
    }
}
