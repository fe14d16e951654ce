using System.Xml.Linq;

namespace Runctl.Sandbox.Ec2.Protocol;

/// <summary>One action of the API.</summary>
internal interface IEc2Action
{
    /// <summary>Does it and answers what is inside the response element.</summary>
    /// <exception cref="Ec2Exception">The refusal.</exception>
    IEnumerable<XElement?> Answer(Ec2Parameters parameters);
}
