namespace Runctl.Sandbox.Ec2.Catalog;

/// <summary>Spot prices: they differ by zone, change every six hours, and are the same in every sandbox.</summary>
internal static class SpotPrices
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(6);

    /// <summary>USD per hour.</summary>
    public static decimal At(InstanceTypeInfo type, string zone, DateTimeOffset time)
    {
        // The zones are 2 per cent apart; the drift stays below half of that, so the cheapest zone remains the cheapest.
        var zoneShare = 0.02m * (zone[^1] - 'a' + type.Name.Length) % 0.06m;
        var drift = 0.001m * (Math.Abs((PeriodOf(time) + type.Name[0]) % 9) - 4);
        return decimal.Round(type.OnDemandPrice * type.SpotShare * (1 + zoneShare + drift), 4);
    }

    /// <summary>The price that holds at a time and every change after it up to another, newest first.</summary>
    public static IEnumerable<SpotPrice> Between(InstanceTypeInfo type, string zone, DateTimeOffset from, DateTimeOffset to)
    {
        for (var period = PeriodOf(to); period >= PeriodOf(from); period--)
        {
            var since = DateTimeOffset.UnixEpoch + (period * Period);
            yield return new SpotPrice(type.Name, zone, At(type, zone, since), since);
        }
    }

    private static long PeriodOf(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / Period.Ticks;
}
