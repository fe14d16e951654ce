using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>DeleteLaunchTemplate; what was launched with it goes on.</summary>
internal sealed class DeleteLaunchTemplate(LaunchTemplates templates) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var template = templates.Get(parameters);
        templates.Remove(template);
        yield return Node("launchTemplate", LaunchTemplateXml.Content(template));
    }
}
