using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Lifecycle;

/// <summary>DescribeInstanceStatus: running instances only, unless all are asked for.</summary>
internal sealed class DescribeInstanceStatus(InstanceLookup lookup) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var all = parameters.Bool("IncludeAllInstances") ?? false;
        var filters = Ec2Filters.Read(parameters, "instance-state-name", "instance-state-code", "availability-zone",
            "instance-status.status", "system-status.status");
        var found = lookup.Described(parameters)
            .Where(record => all || record.State == InstanceState.Running)
            .Where(record => filters.Match(record.Tags, name => Value(record, name)));
        var page = Ec2Page<InstanceRecord>.Cut(parameters, [.. found]);
        yield return List("instanceStatusSet", page.Items, record =>
        [
            Text("instanceId", record.InstanceId),
            Text("availabilityZone", record.AvailabilityZone),
            InstanceXml.State("instanceState", record.State),
            Check("systemStatus", record),
            Check("instanceStatus", record),
        ]);
        yield return page.Token;
    }

    private static string? Value(InstanceRecord record, string name) => name switch
    {
        "instance-status.status" or "system-status.status" => Status(record),
        _ => InstanceFilter.Value(record, name),
    };

    private static string Status(InstanceRecord record) =>
        record.State == InstanceState.Running ? "ok"
        : record.State == InstanceState.Pending ? "initializing"
        : "not-applicable";

    private static XElement Check(string name, InstanceRecord record) => Node(name,
        Text("status", Status(record)),
        record.State == InstanceState.Running
            ? List("details", ["reachability"], detail => [Text("name", detail), Text("status", "passed")])
            : null);
}
