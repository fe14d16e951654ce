using System.Globalization;
using Amazon.EC2;
using Amazon.EC2.Model;
using static Runctl.Sandbox.Tests.Ec2.Ec2Server;

namespace Runctl.Sandbox.Tests.Ec2;

public sealed class CatalogTests : IAsyncLifetime
{
    private readonly Ec2Server _server = new();

    [Fact]
    public async Task There_is_a_default_vpc_with_a_subnet_in_each_zone_and_a_security_group()
    {
        var vpc = (await _server.Client.DescribeVpcsAsync(new DescribeVpcsRequest { Filters = [new("is-default", ["true"])] }, Ct)).Vpcs.Single();
        var subnets = (await _server.Client.DescribeSubnetsAsync(
            new DescribeSubnetsRequest { Filters = [new("default-for-az", ["true"]), new("vpc-id", [vpc.VpcId])] }, Ct)).Subnets;
        var zones = (await _server.Client.DescribeAvailabilityZonesAsync(new DescribeAvailabilityZonesRequest(), Ct)).AvailabilityZones;
        var group = (await _server.Client.DescribeSecurityGroupsAsync(
            new DescribeSecurityGroupsRequest { Filters = [new("group-name", ["default"]), new("vpc-id", [vpc.VpcId])] }, Ct)).SecurityGroups.Single();

        Assert.Equal(["us-east-1a", "us-east-1b", "us-east-1c"], subnets.Select(subnet => subnet.AvailabilityZone));
        Assert.Equal(zones.Select(zone => (zone.ZoneName, zone.ZoneId)), subnets.Select(subnet => (subnet.AvailabilityZone, subnet.AvailabilityZoneId)));
        Assert.Equal("use1-az1", zones[0].ZoneId);
        Assert.Equal(vpc.VpcId, group.VpcId);
        Assert.Equal("-1", group.IpPermissionsEgress.Single().IpProtocol);
        Assert.Equal(subnets[1].SubnetId, (await _server.Client.DescribeSubnetsAsync(
            new DescribeSubnetsRequest { Filters = [new("subnet-id", [subnets[1].SubnetId])] }, Ct)).Subnets.Single().SubnetId);
        Assert.Equal("InvalidSubnetID.NotFound", await Ec2Refusal.CodeAsync(
            _server.Client.DescribeSubnetsAsync(new DescribeSubnetsRequest { SubnetIds = ["subnet-00000000000000000"] }, Ct)));
    }

    [Fact]
    public async Task Types_say_what_they_are_made_of()
    {
        var types = (await _server.Client.DescribeInstanceTypesAsync(new() { InstanceTypes = ["g5.xlarge", "m7g.large", "p4d.24xlarge"] }, Ct)).InstanceTypes
            .ToDictionary(type => type.InstanceType.Value);

        Assert.Equal(("A10G", "NVIDIA", 1, 24576), types["g5.xlarge"].GpuInfo.Gpus.Select(gpu => (gpu.Name, gpu.Manufacturer, gpu.Count!.Value, gpu.MemoryInfo.SizeInMiB!.Value)).Single());
        Assert.Equal((4, 16384L), (types["g5.xlarge"].VCpuInfo.DefaultVCpus!.Value, types["g5.xlarge"].MemoryInfo.SizeInMiB!.Value));
        Assert.Equal(["arm64"], types["m7g.large"].ProcessorInfo.SupportedArchitectures);
        Assert.Null(types["m7g.large"].GpuInfo);
        Assert.Equal(["on-demand", "spot"], types["p4d.24xlarge"].SupportedUsageClasses);
        Assert.Equal(8 * 40960, types["p4d.24xlarge"].GpuInfo.TotalGpuMemoryInMiB);
        Assert.Equal("InvalidInstanceType", await Ec2Refusal.CodeAsync(
            _server.Client.DescribeInstanceTypesAsync(new() { InstanceTypes = ["g5.xlarge", "x9.huge"] }, Ct)));
    }

    [Fact]
    public async Task Not_every_zone_has_every_type()
    {
        var answer = await _server.Client.DescribeInstanceTypeOfferingsAsync(new()
        {
            LocationType = LocationType.AvailabilityZone, Filters = [new("instance-type", ["p3.2xlarge"])],
        }, Ct);

        Assert.Equal(["us-east-1b", "us-east-1c"], answer.InstanceTypeOfferings.Select(offering => offering.Location));
    }

    [Fact]
    public async Task From_now_there_is_one_price_for_each_zone()
    {
        var now = await PricesAsync(DateTime.UtcNow);
        var day = await PricesAsync(DateTime.UtcNow.AddDays(-1));

        Assert.Equal(["us-east-1a", "us-east-1b", "us-east-1c"], now.Select(price => price.AvailabilityZone).Order());
        Assert.Equal(3, now.Select(price => price.Price).Distinct().Count());
        Assert.All(now, price => Assert.InRange(decimal.Parse(price.Price, CultureInfo.InvariantCulture), 0.3m, 0.6m));
        Assert.Equal(15, day.Count);
        Assert.Equal(day.OrderByDescending(price => price.Timestamp).Select(price => price.Timestamp), day.Select(price => price.Timestamp));
    }

    [Fact]
    public async Task Images_are_those_the_public_parameters_name()
    {
        var answer = await _server.Client.DescribeImagesAsync(new() { ImageIds = [Ubuntu, UbuntuArm] }, Ct);

        Assert.Equal(["x86_64", "arm64"], answer.Images.Select(image => image.Architecture.Value));
        Assert.All(answer.Images, image =>
        {
            Assert.Equal("/dev/sda1", image.RootDeviceName);
            Assert.Equal(8, image.BlockDeviceMappings.Single(mapping => mapping.DeviceName == image.RootDeviceName).Ebs.VolumeSize);
        });
        Assert.Equal(Ubuntu, Sandbox.Ec2.ImageTable.FindByParameter("/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"));
        Assert.Equal("InvalidAMIID.NotFound", await Ec2Refusal.CodeAsync(_server.Client.DescribeImagesAsync(new() { ImageIds = ["ami-00000000"] }, Ct)));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task<List<SpotPrice>> PricesAsync(DateTime from) => (await _server.Client.DescribeSpotPriceHistoryAsync(
        new DescribeSpotPriceHistoryRequest { InstanceTypes = ["g5.xlarge"], ProductDescriptions = ["Linux/UNIX"], StartTime = from }, Ct)).SpotPriceHistory;
}
