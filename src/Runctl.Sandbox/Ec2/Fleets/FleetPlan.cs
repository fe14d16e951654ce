namespace Runctl.Sandbox.Ec2.Fleets;

/// <summary>How a target is spread over pools.</summary>
/// <param name="Shares">How many instances of which.</param>
/// <param name="Errors">Why not more, or not the better ones.</param>
internal sealed record FleetPlan(IReadOnlyList<(FleetCandidate Candidate, int Count)> Shares, IReadOnlyList<FleetError> Errors)
{
    private const string Withheld = "Unable to fulfill capacity due to your request configuration. Please adjust your request and try again.";

    public decimal Units => Shares.Sum(share => share.Count * share.Candidate.Weight);

    /// <summary>
    /// Fills a target from candidates in their order. Where one type or zone is asked for, the first type or zone that holds all of it,
    /// else the one that holds most.
    /// </summary>
    public static FleetPlan Make(FleetTarget target, IReadOnlyList<FleetCandidate> candidates)
    {
        var plans = candidates
            .GroupBy(candidate => (
                target.SingleInstanceType ? candidate.Order?.InstanceType ?? candidate.Pool.InstanceType : null,
                target.SingleAvailabilityZone ? candidate.Order?.AvailabilityZone ?? candidate.Pool.SubnetId : null))
            .Select(group => Fill(target.Capacity, group)).ToList();
        var enough = plans.FindIndex(plan => plan.Units >= target.Capacity);
        var best = enough >= 0 ? plans[enough] : plans.MaxBy(plan => plan.Units)!;
        var errors = plans.Take(enough >= 0 ? enough + 1 : plans.Count).SelectMany(plan => plan.Errors).ToList();
        if (best.Units >= target.Minimum)
        {
            return new FleetPlan(best.Shares, errors);
        }

        // Less than the minimum: nothing at all, also where there would have been something.
        errors.AddRange(candidates.Where(candidate => errors.TrueForAll(error => error.Pool != candidate.Pool))
            .Select(candidate => new FleetError(candidate.Pool, target.Lifecycle, "UnfulfillableCapacity", Withheld)));
        return new FleetPlan([], errors);
    }

    private static FleetPlan Fill(decimal wanted, IEnumerable<FleetCandidate> candidates)
    {
        var shares = new List<(FleetCandidate, int)>();
        var errors = new List<FleetError>();
        foreach (var candidate in candidates)
        {
            if (wanted <= 0)
            {
                break;
            }

            var needed = candidate.Needed(wanted);
            var count = Math.Min(needed, candidate.Room);
            if (count > 0)
            {
                shares.Add((candidate, count));
                wanted -= count * candidate.Weight;
            }

            if (count < needed && candidate.Error is not null)
            {
                errors.Add(candidate.Error);
            }
        }

        return new FleetPlan(shares, errors);
    }
}
