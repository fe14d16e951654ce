using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Catalog;
using Runctl.Sandbox.Ec2.Lifecycle;
using Runctl.Sandbox.Ec2.Protocol;

namespace Runctl.Sandbox.Ec2.Launching;

/// <summary>RunInstances: MaxCount instances of one pool, or at least MinCount, or none.</summary>
internal sealed class RunInstances(
    InstanceRegistry registry, LaunchTemplates templates, LaunchPlanner planner, PoolLimits limits, SpotQuota quota, ClientTokens tokens,
    Ec2Access access) : IEc2Action
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
        var template = parameters.Has("LaunchTemplate") ? TemplateOf(parameters.Branch("LaunchTemplate")) : null;
        var specification = LaunchSpecificationReader.Read(parameters);
        var order = planner.Plan(template is null ? specification : specification.Over(template.Specification), Ids.New("r"), parameters["ClientToken"]);
        access.DemandLaunch(parameters.Caller, order, template);
        if (parameters.Bool("DryRun") is true)
        {
            throw Ec2Errors.DryRun();
        }

        var count = Math.Min(max, Room(order, min));
        return [.. Enumerable.Range(0, count).Select(_ => registry.Launch(order))];
    }

    /// <summary>How many instances there is room for.</summary>
    /// <exception cref="Ec2Exception">Fewer than the minimum.</exception>
    private int Room(InstanceOrder order, int min)
    {
        var spot = order.Spot is not null;
        var byQuota = spot ? quota.Left / InstanceTypeTable.Find(order.InstanceType)!.VCpus : int.MaxValue;
        var (byPool, code) = limits.Find(order.InstanceType, order.AvailabilityZone, spot) ?? (int.MaxValue, SpotQuota.Code);
        var room = Math.Min(byQuota, byPool);
        code = byQuota < byPool ? SpotQuota.Code : code;
        return room >= min ? room : throw new Ec2Exception(
            code, PoolLimits.Message(code, order.InstanceType, order.AvailabilityZone), Status(code));
    }

    private LaunchTemplate TemplateOf(Ec2Parameters branch)
    {
        var template = templates.Get(branch);
        LaunchTemplateVersion.Check(template, branch["Version"] ?? "$Default");
        return template;
    }

    /// <summary>EC2 calls a lack of capacity a fault of its own.</summary>
    private static int Status(string code) => code == "InsufficientInstanceCapacity" ? 500 : 400;
}
