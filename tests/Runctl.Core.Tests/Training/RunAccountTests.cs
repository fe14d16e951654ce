using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Core.Tests.Training;

public sealed class RunAccountTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly Dictionary<string, decimal> OnDemand = new() { ["g5.xlarge"] = 1.00m };
    private static readonly PriceHistory Prices = new([new SpotPriceChange("g5.xlarge", "us-east-1a", 0.40m, Noon.AddDays(-1)), new SpotPriceChange("g5.xlarge", "us-east-1a", 0.60m, Noon.AddHours(1))]);

    [Fact]
    public void A_run_that_was_interrupted_twice_counts_its_steps_time_and_money()
    {
        var account = Of(
            Attempt(1, "interrupted", 0, 1, first: 1, last: 100),
            Attempt(2, "interrupted", 1.5, 2, first: 91, last: 150),
            Attempt(3, "finished", 2, 3, first: 151, last: 200));
        Assert.Equal((2, 10L, TimeSpan.FromHours(3)), (account.Interruptions, account.StepsLost, account.Duration));
        Assert.Equal((0.40m + 0.30m + 0.60m, 2.5m - 1.30m), (account.Cost, account.Savings));
    }

    [Theory]
    [InlineData(1, "interrupted")]
    [InlineData(1, "lost")]
    [InlineData(0, "running")]
    [InlineData(0, "stopped")]
    [InlineData(0, "failed")]
    public void The_interruption_that_ended_the_newest_attempt_counts(int expected, string state) => Assert.Equal(expected, Of(Attempt(1, state, 0, 1)).Interruptions);

    [Fact]
    public void A_resume_after_a_stop_is_no_interruption() => Assert.Equal(0, Of(Attempt(1, "stopped", 0, 1), Attempt(2, "running", 1, null)).Interruptions);

    [Fact]
    public void A_run_nobody_interrupted_has_lost_nothing() => Assert.Equal((0, 0L), (Of(Attempt(1, "finished", 0, 1)).Interruptions, Of(Attempt(1, "finished", 0, 1)).StepsLost));

    [Fact]
    public void Steps_that_one_attempt_does_not_tell_make_the_loss_unknown() =>
        Assert.Null(Of(Attempt(1, "interrupted", 0, 1, 1, 100), Attempt(2, "interrupted", 1, 2, null, null), Attempt(3, "finished", 2, 3, 101, 200)).StepsLost);

    [Theory]
    [InlineData("interrupted")]
    [InlineData("lost")]
    public void An_interruption_that_no_attempt_has_followed_yet_makes_the_loss_unknown(string state)
    {
        Assert.Null(Of(Attempt(1, state, 0, 1, 1, 100)).StepsLost);
        Assert.Null(Of(Attempt(1, state, 0, 1, 1, 100), Attempt(2, "claimed", 1, null) with { Started = null }).StepsLost);
    }

    [Fact]
    public void An_attempt_that_begins_from_nothing_loses_all_there_was() => Assert.Equal(100, Of(Attempt(1, "interrupted", 0, 1, 1, 100), Attempt(2, "running", 1, null, 1, 5)).StepsLost);

    [Fact]
    public void What_runs_costs_until_now() => Assert.Equal((0.80m + 0.60m, TimeSpan.FromHours(3)), (Of(Attempt(1, "running", -1, null)).Cost, Of(Attempt(1, "running", -1, null)).Duration));

    [Fact]
    public void An_attempt_that_was_lost_has_no_known_end_and_so_no_cost()
    {
        var account = Of(Attempt(1, "lost", 0, null, 1, 10), Attempt(2, "finished", 1, 2, 8, 20));
        Assert.Equal((3L, null, null), (account.StepsLost, account.Cost, account.Savings));
    }

    [Theory]
    [InlineData("us-east-1b", "g5.xlarge", true)]
    [InlineData(null, "g5.xlarge", true)]
    [InlineData("us-east-1a", "p5.48xlarge", true)]
    [InlineData("us-east-1a", null, true)]
    [InlineData("us-east-1a", "g5.xlarge", null)]
    public void Without_a_known_price_nothing_is_saved_as_far_as_is_known(string? zone, string? type, bool? spot) =>
        Assert.Null(Of(Attempt(1, "finished", 0, 1) with { AvailabilityZone = zone, InstanceType = type, IsSpot = spot }).Savings);

    [Fact]
    public void On_demand_saves_nothing_and_that_is_known() =>
        Assert.Equal((1.00m, 0m), (Of(Attempt(1, "finished", 0, 1) with { IsSpot = false }).Cost, Of(Attempt(1, "finished", 0, 1) with { IsSpot = false }).Savings));

    [Fact]
    public void A_claim_that_nobody_took_counts_for_nothing()
    {
        var account = Of(Attempt(1, "claimed", 0, null) with { Started = null });
        Assert.Equal((0, null, null, null), (account.Interruptions, account.Duration, account.Cost, account.Savings));
    }

    private static RunAccount Of(params AttemptRecord[] attempts) =>
        RunAccount.Of(new RunRecord { RunId = "r", ProjectName = "p", Attempts = attempts }, Prices, OnDemand, Noon.AddHours(2));

    private static AttemptRecord Attempt(int number, string state, double from, double? to, long? first = null, long? last = null) => new()
    {
        Number = number, State = state, InstanceType = "g5.xlarge", AvailabilityZone = "us-east-1a", IsSpot = true,
        Started = Noon.AddHours(from), Ended = to is { } end ? Noon.AddHours(end) : null, FirstStep = first, LastStep = last,
    };
}
