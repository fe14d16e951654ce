using Runctl.Instances;
using Runctl.Ports;

namespace Runctl.Core.Tests.Instances;

public sealed class PriceHistoryTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly PriceHistory History = new(
    [
        // EC2 gives the newest first, other zones and types among them.
        new("g5.xlarge", "us-east-1a", 0.72m, Noon.AddHours(2)),
        new("g5.xlarge", "us-east-1b", 9m, Noon.AddHours(-9)),
        new("g5.xlarge", "us-east-1a", 0.36m, Noon),
        new("g4dn.xlarge", "us-east-1a", 8m, Noon.AddHours(-9)),
    ]);

    [Fact]
    public void The_price_is_that_of_the_last_change_before() =>
        Assert.Equal([0.36m, 0.36m, 0.72m], new[] { Noon, Noon.AddSeconds(7199), Noon.AddHours(2) }.Select(t => History.At("g5.xlarge", "us-east-1a", t)));

    [Fact]
    public void Each_second_costs_the_price_of_its_time() =>
        Assert.Equal((0.36m * 1.5m) + (0.72m * 10 / 3600), History.Cost("g5.xlarge", "us-east-1a", Noon.AddMinutes(30), Noon.AddHours(2).AddSeconds(10)));

    [Fact]
    public void A_time_within_one_price_costs_that() => Assert.Equal(0.0001m * 3, History.Cost("g5.xlarge", "us-east-1a", Noon, Noon.AddSeconds(3)));

    [Fact]
    public void What_the_history_does_not_reach_back_to_is_unknown_and_not_nothing()
    {
        Assert.Null(History.Cost("g5.xlarge", "us-east-1a", Noon.AddSeconds(-1), Noon.AddHours(1)));
        Assert.Null(History.At("g5.xlarge", "us-east-1a", Noon.AddSeconds(-1)));
        Assert.Null(History.Cost("p5.48xlarge", "us-east-1a", Noon, Noon.AddHours(1)));
        Assert.Null(History.At("g5.xlarge", null, Noon));
    }

    [Fact]
    public void No_time_costs_nothing() => Assert.Equal(0m, History.Cost("g5.xlarge", "us-east-1a", Noon, Noon));
}
