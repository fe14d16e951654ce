using Runctl.Sandbox.Ec2.Launching;
using Runctl.Sandbox.Ec2.Protocol;
using Runctl.Sandbox.Ec2.Tagging;

namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>Reads and checks the parameters of CreateFleet.</summary>
internal sealed class FleetRequestReader(LaunchTemplates templates, NetworkTable network)
{
    private const int MaxTarget = 1000;

    private static readonly string[] SpotStrategies =
        ["lowest-price", "diversified", "capacity-optimized", "capacity-optimized-prioritized", "price-capacity-optimized"];

    /// <exception cref="Ec2Exception">The request as a whole is refused; what is wrong with one pool only is not found here.</exception>
    public FleetRequest Read(Ec2Parameters parameters)
    {
        if (parameters.OneOf("Type", "instant", "maintain", "request") != "instant")
        {
            throw new Ec2Exception("UnsupportedOperation", "This sandbox has fleets of type instant only.");
        }

        var target = parameters.Branch("TargetCapacitySpecification");
        target.Require("TotalTargetCapacity");
        var total = target.Int("TotalTargetCapacity", min: 1, max: MaxTarget)!.Value;
        var type = target.OneOf("DefaultTargetCapacityType", "spot", "on-demand")
            ?? throw Ec2Errors.Missing("TargetCapacitySpecification.DefaultTargetCapacityType");
        var spot = target.Int("SpotTargetCapacity", max: total) ?? 0;
        var onDemand = target.Int("OnDemandTargetCapacity", max: total - spot) ?? 0;
        var rest = total - spot - onDemand;
        var tags = TagReader.Specifications(parameters, "fleet", "instance");
        return new FleetRequest(
            Pools(parameters),
            Target(parameters.Branch("SpotOptions"), isSpot: true, type == "spot" ? spot + rest : spot),
            Target(parameters.Branch("OnDemandOptions"), isSpot: false, type == "on-demand" ? onDemand + rest : onDemand),
            type,
            tags.GetValueOrDefault("fleet") ?? TagSet.Empty,
            tags.GetValueOrDefault("instance") ?? TagSet.Empty);
    }

    private static FleetTarget Target(Ec2Parameters options, bool isSpot, int capacity)
    {
        var strategies = isSpot ? SpotStrategies : ["lowest-price", "prioritized"];
        var target = new FleetTarget(isSpot, capacity,
            options.Int("MinTargetCapacity", max: MaxTarget) ?? 0,
            options.OneOf("AllocationStrategy", strategies) ?? "lowest-price",
            options.Bool("SingleInstanceType") ?? false,
            options.Bool("SingleAvailabilityZone") ?? false);
        if (target.Minimum > 0 && !target.SingleInstanceType && !target.SingleAvailabilityZone)
        {
            throw Config("MinTargetCapacity requires SingleInstanceType or SingleAvailabilityZone.");
        }

        return options.OneOf("InstanceInterruptionBehavior", "terminate", "stop", "hibernate") is not (null or "terminate")
            ? throw Config("Fleets of type instant support the instance interruption behavior terminate only.")
            : target;
    }

    private List<FleetPool> Pools(Ec2Parameters parameters)
    {
        var configs = parameters.Branches("LaunchTemplateConfigs");
        if (configs.Count == 0)
        {
            throw Ec2Errors.Missing("LaunchTemplateConfigs");
        }

        var pools = configs.SelectMany(PoolsOf).ToList();
        var places = pools.Select(pool => (pool.InstanceType ?? pool.Template.Specification.InstanceType, ZoneOf(pool))).ToList();
        return places.Distinct().Count() == places.Count
            ? pools
            : throw Config("The fleet configuration contains duplicate instance pools.");
    }

    private IEnumerable<FleetPool> PoolsOf(Ec2Parameters config)
    {
        var branch = config.Branch("LaunchTemplateSpecification");
        var template = templates.Get(branch);
        LaunchTemplateVersion.Check(template, branch.Require("Version"));
        var overrides = config.Branches("Overrides");
        return overrides.Count == 0 ? [new FleetPool(template)] : overrides.Select(branch => Pool(template, branch));
    }

    private static FleetPool Pool(LaunchTemplate template, Ec2Parameters branch) => new(template)
    {
        InstanceType = branch["InstanceType"],
        SubnetId = branch["SubnetId"] is not { } subnet || !subnet.Contains(',', StringComparison.Ordinal) ? branch["SubnetId"]
            : throw Config("An override of a fleet of type instant has one subnet only."),
        AvailabilityZone = branch["AvailabilityZone"],
        ImageId = branch["ImageId"],
        MaxPriceText = branch["MaxPrice"],
        MaxPrice = SpotMaxPrice.Read(branch),
        WeightedCapacity = branch.Decimal("WeightedCapacity") is not 0 ? branch.Decimal("WeightedCapacity")
            : throw Ec2Errors.Invalid("WeightedCapacity", "0"),
        Priority = branch.Decimal("Priority"),
    };

    private string ZoneOf(FleetPool pool)
    {
        var subnet = pool.SubnetId ?? (pool.AvailabilityZone is null ? pool.Template.Specification.SubnetId : null);
        return subnet is null ? pool.AvailabilityZone ?? "" : network.Find(subnet)?.Zone ?? subnet;
    }

    private static Ec2Exception Config(string message) => new("InvalidFleetConfig", message);
}
