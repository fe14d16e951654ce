using System.Collections.Immutable;

namespace Runctl.Sandbox.Ec2;

/// <summary>The default VPC: three zones, one subnet each, one security group.</summary>
internal sealed class NetworkTable
{
    public const string OwnerId = "000000000000";
    public const string VpcId = "vpc-0a1b2c3d4e5f60001";
    public const string VpcCidr = "172.31.0.0/16";
    public const string SecurityGroupId = "sg-0a1b2c3d4e5f60001";
    public const string SecurityGroupName = "default";

    private int _addresses;

    public NetworkTable(string region)
    {
        Region = region;
        Subnets =
        [
            .. "abc".Select((letter, i) => new Subnet(
                $"subnet-0a1b2c3d4e5f6000{letter}", region + letter, $"{ZonePrefix(region)}-az{i + 1}", 16 * i)),
        ];
    }

    public string Region { get; }

    public ImmutableArray<Subnet> Subnets { get; }

    /// <summary>The subnet of this id, or null.</summary>
    public Subnet? Find(string subnetId) => Subnets.FirstOrDefault(subnet => subnet.SubnetId == subnetId);

    /// <summary>An address of a subnet that no instance had before.</summary>
    public string NextAddress(string subnetId)
    {
        // The first four addresses of a subnet are the VPC's own.
        var host = Interlocked.Increment(ref _addresses) + 3;
        var third = (Find(subnetId)?.ThirdOctet ?? 0) + (host / 250 % 16);
        return $"172.31.{third}.{(host % 250) + 4}";
    }

    // us-east-1 -> use1, ap-southeast-2 -> apse2
    private static string ZonePrefix(string region)
    {
        var parts = region.Split('-');
        return parts.Length == 3
            ? parts[0] + string.Concat(parts[1].Replace("north", "n", StringComparison.Ordinal)
                .Replace("south", "s", StringComparison.Ordinal).Replace("east", "e", StringComparison.Ordinal)
                .Replace("west", "w", StringComparison.Ordinal).Replace("central", "c", StringComparison.Ordinal)) + parts[2]
            : region;
    }
}
