using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>DescribeLaunchTemplates.</summary>
internal sealed class DescribeLaunchTemplates(LaunchTemplates templates) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var filters = Ec2Filters.Read(parameters, "launch-template-name", "tag");
        var named = parameters.List("LaunchTemplateId").Select(templates.ById)
            .Concat(parameters.List("LaunchTemplateName").Select(templates.ByName)).Distinct().ToList();
        var asked = parameters.Has("LaunchTemplateId") || parameters.Has("LaunchTemplateName");
        var found = (asked ? named : templates.All).Where(template => filters.Match(template.Tags, _ => template.Name));
        var page = Ec2Page<LaunchTemplate>.Cut(parameters, [.. found], min: 1, max: 200);
        yield return List("launchTemplates", page.Items, LaunchTemplateXml.Content);
        yield return page.Token;
    }
}
