using Runctl.Sandbox.Ec2.Catalog;
using Runctl.Sandbox.Ec2.Fleets;
using Runctl.Sandbox.Ec2.Launching;
using Runctl.Sandbox.Ec2.Lifecycle;
using Runctl.Sandbox.Ec2.Protocol;
using Runctl.Sandbox.Ec2.Tagging;

namespace Runctl.Sandbox.Ec2;

/// <summary>All actions of one sandbox, by name, with what they share.</summary>
internal static class Ec2Actions
{
    public static IReadOnlyDictionary<string, IEc2Action> Create(SandboxOptions options, InstanceRegistry registry, TimeProvider clock)
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
        return new IEc2Action[]
        {
            new CreateLaunchTemplate(templates, tokens, clock),
            new DescribeLaunchTemplates(templates),
            new DeleteLaunchTemplate(templates),
            new CreateFleet(reader, launcher, fleets, tokens),
            new DescribeFleets(fleets),
            new DeleteFleets(fleets, registry),
            new RunInstances(registry, templates, planner, limits, quota, tokens),
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
}
