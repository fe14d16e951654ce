using System.Globalization;
using System.Xml.Linq;
using Runctl.Sandbox.Ec2.Protocol;
using static Runctl.Sandbox.Ec2.Protocol.Ec2Xml;

namespace Runctl.Sandbox.Ec2.Catalog;

/// <summary>DescribeSpotPriceHistory.</summary>
internal sealed class DescribeSpotPriceHistory(NetworkTable network, TimeProvider clock) : IEc2Action
{
    private const string Product = "Linux/UNIX";
    private static readonly TimeSpan LongestHistory = TimeSpan.FromDays(90);

    /// <inheritdoc/>
    public IEnumerable<XElement?> Answer(Ec2Parameters parameters)
    {
        var now = clock.GetUtcNow();
        var earliest = now - LongestHistory;
        var since = parameters.Time("StartTime") is { } start ? Max(start, earliest) : earliest;
        var until = parameters.Time("EndTime") is { } end && end < now ? end : now;

        // A start in the future, by a clock that is ahead, still asks for the price of now.
        since = since > until ? until : since;
        var names = parameters.List("InstanceType");
        var products = parameters.List("ProductDescription");
        var filters = Ec2Filters.Read(parameters, "availability-zone", "instance-type", "product-description", "spot-price", "timestamp");
        var prices =
            from type in InstanceTypeTable.All
            where names.Count == 0 || names.Contains(type.Name)
            from subnet in network.Subnets
            where type.IsOfferedIn(subnet.Zone) && (parameters["AvailabilityZone"] ?? subnet.Zone) == subnet.Zone
            where products.Count == 0 || products.Contains(Product) || products.Contains(Product + " (Amazon VPC)")
            from price in SpotPrices.Between(type, subnet.Zone, since, until)
            where filters.Match(name => Value(price, name))
            orderby price.Since descending
            select (Price: price, subnet.ZoneId);
        var page = Ec2Page<(SpotPrice Price, string ZoneId)>.Cut(parameters, [.. prices], min: 1);
        yield return List("spotPriceHistorySet", page.Items, item =>
        [
            Text("availabilityZone", item.Price.Zone),
            Text("availabilityZoneId", item.ZoneId),
            Text("instanceType", item.Price.InstanceType),
            Text("productDescription", Product),
            Decimal("spotPrice", item.Price.Price),
            Time("timestamp", item.Price.Since),
        ]);

        // Alone among the actions this one ends with an empty token instead of none.
        yield return Text("nextToken", page.NextToken ?? "");
    }

    private static string? Value(SpotPrice price, string filter) => filter switch
    {
        "availability-zone" => price.Zone,
        "instance-type" => price.InstanceType,
        "product-description" => Product,
        "spot-price" => price.Price.ToString("0.000000", CultureInfo.InvariantCulture),
        _ => price.Since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
    };

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
