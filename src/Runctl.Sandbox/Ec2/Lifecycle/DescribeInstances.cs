using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Lifecycle;

/// <summary>DescribeInstances.</summary>
internal sealed class DescribeInstances(InstanceLookup lookup) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        if (parameters.Has("InstanceId") && parameters["MaxResults"] is not null)
        {
            throw new Ec2Exception("InvalidParameterCombination",
                "The parameter instancesSet cannot be used with the parameter maxResults");
        }

        var filters = InstanceFilter.Read(parameters);
        var found = lookup.Described(parameters)
            .Where(record => filters.Match(record.Tags, name => InstanceFilter.Value(record, name)));
        var page = Ec2Page<InstanceRecord>.Cut(parameters, [.. found]);
        yield return List("reservationSet", page.Items.GroupBy(record => record.Order.ReservationId),
            group => InstanceXml.Reservation(group.Key, group));
        yield return page.Token;
    }
}
