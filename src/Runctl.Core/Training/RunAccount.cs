using Runctl.Instances;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>What a run came to over all its attempts. Whatever a part of is unknown is null.</summary>
/// <param name="Interruptions">Attempts that an interruption or the loss of the instance ended, the newest one included.</param>
/// <param name="StepsLost">Steps trained again: the last step of each such attempt minus the step the next one went on from. Unknown as long as no attempt has followed the last interruption.</param>
/// <param name="Duration">From its first start to its end, or to now.</param>
/// <param name="Cost">US dollars for the time its attempts ran.</param>
/// <param name="Savings">US dollars less than the same time on-demand would have cost.</param>
internal sealed record RunAccount(int Interruptions, long? StepsLost, TimeSpan? Duration, decimal? Cost, decimal? Savings)
{
    /// <summary>The parts of it by attempt.</summary>
    public IReadOnlyList<AttemptCost> Attempts { get; init; } = [];

    /// <summary>The account of a run.</summary>
    /// <param name="record">Its record.</param>
    /// <param name="prices">Spot prices back to its first start, as far as they are known.</param>
    /// <param name="onDemand">On-demand prices an hour by type.</param>
    /// <param name="now">The end of what still runs.</param>
    public static RunAccount Of(RunRecord record, PriceHistory prices, IReadOnlyDictionary<string, decimal> onDemand, DateTimeOffset now)
    {
        // A claim that nobody took is no attempt yet.
        var attempts = record.Attempts.Where(a => a.Started is not null).OrderBy(a => a.Number).ToList();
        var pairs = attempts.Zip(attempts.Skip(1)).ToList();
        var costs = attempts.Select(a => CostOf(a, prices, onDemand, now)).ToList();
        var isCutOff = attempts is [.., var newest] && RunStates.IsCutOff(newest.State);
        return new RunAccount(
            pairs.Count(p => !RunStates.IsFinal(p.First.State)) + (isCutOff ? 1 : 0),
            isCutOff ? null : Sum(pairs.Select(p => RunProjection.StepsLost(p.First.LastStep, p.Second.FirstStep))),
            attempts.Count == 0 ? null : EndOf(attempts[^1], now) - attempts[0].Started,
            attempts.Count == 0 ? null : Sum(costs.Select(c => c.Spent)),
            attempts.Count == 0 ? null : Sum(costs.Select(c => c.Full - c.Spent)))
        {
            Attempts = [.. attempts.Zip(costs, (a, c) => new AttemptCost(a.Number, c.Spent, c.Full))],
        };
    }

    /// <summary>What an attempt cost, and what it would have cost on-demand.</summary>
    private static (decimal? Spent, decimal? Full) CostOf(AttemptRecord attempt, PriceHistory prices, IReadOnlyDictionary<string, decimal> onDemand, DateTimeOffset now)
    {
        if (attempt is not { InstanceType: { } type, IsSpot: { } isSpot, Started: { } started } || EndOf(attempt, now) is not { } ended)
        {
            return default;
        }

        decimal? full = onDemand.TryGetValue(type, out var price) ? PriceHistory.Of(price, ended > started ? ended - started : TimeSpan.Zero) : null;
        return (isSpot ? prices.Cost(type, attempt.AvailabilityZone, started, ended) : full, full);
    }

    /// <summary>An attempt that was lost has no end that anybody knows.</summary>
    private static DateTimeOffset? EndOf(AttemptRecord attempt, DateTimeOffset now) => attempt.Ended ?? (attempt.State == RunStates.Running ? now : null);

    private static long? Sum(IEnumerable<long?> values) => values.Aggregate((long?)0, (sum, value) => sum + value);

    private static decimal? Sum(IEnumerable<decimal?> values) => values.Aggregate((decimal?)0, (sum, value) => sum + value);
}
