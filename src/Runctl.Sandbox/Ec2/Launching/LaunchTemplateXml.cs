using System.Xml.Linq;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>A launch template as EC2 writes it.</summary>
internal static class LaunchTemplateXml
{
    /// <summary>What is inside its element.</summary>
    public static XElement?[] Content(LaunchTemplate template) =>
    [
        Text("launchTemplateId", template.Id),
        Text("launchTemplateName", template.Name),
        Time("createTime", template.Created),
        Text("createdBy", template.CreatedBy),
        Number("defaultVersionNumber", 1),
        Number("latestVersionNumber", 1),
        Tags("tagSet", template.Tags),
    ];
}
