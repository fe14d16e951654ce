using Runctl.Ports;

namespace Runctl.Instances;

/// <summary>Spot prices over time, and what an instance cost by them. What the history does not reach back to is unknown.</summary>
internal sealed class PriceHistory(IEnumerable<SpotPriceChange> changes)
{
    private readonly Dictionary<(string Type, string Zone), SpotPriceChange[]> _changes = changes
        .GroupBy(c => (c.InstanceType, c.AvailabilityZone))
        .ToDictionary(g => g.Key, g => g.OrderBy(c => c.Since).ToArray());

    /// <summary>Price an hour at a time, or null.</summary>
    public decimal? At(string instanceType, string? zone, DateTimeOffset time) =>
        zone is not null && _changes.TryGetValue((instanceType, zone), out var known) ? Array.FindLast(known, c => c.Since <= time)?.Price : null;

    /// <summary>What the time from one moment to another cost, each second at the price of its time; null where a part of it has no price.</summary>
    public decimal? Cost(string instanceType, string? zone, DateTimeOffset from, DateTimeOffset to)
    {
        if (to <= from)
        {
            return 0;
        }

        if (At(instanceType, zone, from) is not { } price)
        {
            return null;
        }

        var cost = 0m;
        var since = from;
        foreach (var change in _changes[(instanceType, zone!)].Where(c => c.Since > from && c.Since < to))
        {
            cost += Of(price, change.Since - since);
            (since, price) = (change.Since, change.Price);
        }

        return cost + Of(price, to - since);
    }

    /// <summary>What a time costs at a price an hour.</summary>
    public static decimal Of(decimal hourlyPrice, TimeSpan time) => hourlyPrice * time.Ticks / TimeSpan.TicksPerHour;
}
