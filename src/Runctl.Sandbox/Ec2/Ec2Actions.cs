using Runctl.Sandbox.Ec2.Catalog;
using Runctl.Sandbox.Ec2.Fleets;
using Runctl.Sandbox.Ec2.Launching;
using Runctl.Sandbox.Ec2.Lifecycle;
using Runctl.Sandbox.Ec2.Protocol;
using Runctl.Sandbox.Ec2.Tagging;
using Runctl.Sandbox.Policies;

namespace Runctl.Sandbox.Ec2;

/// <summary>All actions of one sandbox, by name, with what they share.</summary>
internal sealed class Ec2Actions
{
    private readonly IReadOnlyDictionary<string, IEc2Action> _actions;

    public Ec2Actions(SandboxOptions options, InstanceRegistry registry, AccessControl access, TimeProvider clock)
    {
        var network = registry.Network;
        var lookup = new InstanceLookup(registry, clock);
        var tokens = new ClientTokens();
        var templates = new LaunchTemplates();
        var fleets = new FleetStore();
        var planner = new LaunchPlanner(options, network, clock);
        var limits = new PoolLimits(options, registry);
        var quota = new SpotQuota(options, registry);
        var directory = new TagDirectory(registry, lookup, templates, fleets);
        var reader = new FleetRequestReader(templates, network);
        var launcher = new FleetLauncher(registry, planner, limits, quota, clock);
        Access = new Ec2Access(access, options.Region, registry, templates, fleets);
        _actions = new IEc2Action[]
        {
            new CreateLaunchTemplate(templates, tokens, clock),
            new DescribeLaunchTemplates(templates),
            new DeleteLaunchTemplate(templates),
            new CreateFleet(reader, launcher, fleets, tokens, Access),
            new DescribeFleets(fleets),
            new DeleteFleets(fleets, registry),
            new RunInstances(registry, templates, planner, limits, quota, tokens, Access),
            new DescribeInstances(lookup),
            new DescribeInstanceStatus(lookup),
            new DescribeVolumes(registry),
            new TerminateInstances(registry, lookup),
            new StopInstances(registry, lookup),
            new StartInstances(registry, lookup),
            new DescribeSpotInstanceRequests(registry),
            new CancelSpotInstanceRequests(registry, clock),
            new CreateTags(directory),
            new DeleteTags(directory),
            new DescribeTags(directory),
            new DescribeSubnets(network),
            new DescribeVpcs(),
            new DescribeSecurityGroups(),
            new DescribeAvailabilityZones(network),
            new DescribeInstanceTypes(),
            new DescribeInstanceTypeOfferings(network),
            new DescribeSpotPriceHistory(network, clock),
            new DescribeImages(),
        }.ToDictionary(action => action.GetType().Name, StringComparer.Ordinal);
    }

    /// <summary>Asks the policies of a caller.</summary>
    public Ec2Access Access { get; }

    /// <summary>An action by its name, or null.</summary>
    public IEc2Action? Find(string name) => _actions.GetValueOrDefault(name);
}
