using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Lifecycle;
using Runctl.Sandbox.Ec2.Protocol;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>RunInstances: MaxCount instances of one pool, or at least MinCount, or none.</summary>
internal sealed class RunInstances(
    InstanceRegistry registry, LaunchTemplates templates, LaunchPlanner planner, PoolLimits limits, ClientTokens tokens) : IEc2Action
{
    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var launched = tokens.Once("RunInstances", parameters, () => Launch(parameters));
        return InstanceXml.Reservation(launched[0].Order.ReservationId, launched);
    }

    private List<InstanceRecord> Launch(Ec2Parameters parameters)
    {
        parameters.Require("MinCount");
        parameters.Require("MaxCount");
        var max = parameters.Int("MaxCount", min: 1, max: 1000)!.Value;
        var min = parameters.Int("MinCount", min: 1, max: max)!.Value;
        var specification = LaunchSpecificationReader.Read(parameters);
        if (parameters.Has("LaunchTemplate"))
        {
            specification = specification.Over(TemplateOf(parameters.Branch("LaunchTemplate")));
        }

        var order = planner.Plan(specification, Ids.New("r"), parameters["ClientToken"]);
        var count = max;
        if (limits.Find(order.InstanceType, order.AvailabilityZone, order.Spot is not null) is var (room, code) && room < max)
        {
            count = room >= min ? room : throw new Ec2Exception(code,
                PoolLimits.Message(code, order.InstanceType, order.AvailabilityZone), Status(code));
        }

        return [.. Enumerable.Range(0, count).Select(_ => registry.Launch(order))];
    }

    private LaunchSpecification TemplateOf(Ec2Parameters branch)
    {
        var template = templates.Get(branch);
        LaunchTemplateVersion.Check(template, branch["Version"] ?? "$Default");
        return template.Specification;
    }

    /// <summary>EC2 calls a lack of capacity a fault of its own.</summary>
    private static int Status(string code) => code == "InsufficientInstanceCapacity" ? 500 : 400;
}
