using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Makes the accounts of runs: finds the prices and the places of their attempts.</summary>
internal sealed class RunAccounts(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>The accounts by run id.</summary>
    /// <param name="records">Records of runs.</param>
    /// <param name="ended">Instances known to be gone: an attempt that counts as running there has no known end.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async Task<IReadOnlyDictionary<string, RunAccount>> MakeAsync(IReadOnlyList<RunRecord> records, IReadOnlySet<string> ended, CancellationToken cancellationToken)
    {
        var placed = await PlaceAsync(records, cancellationToken).ConfigureAwait(false);
        var prices = await FindPricesAsync([.. placed.SelectMany(r => r.Attempts)], cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        return placed.ToDictionary(
            r => r.RunId,
            r => RunAccount.Of(r with { Attempts = [.. r.Attempts.Select(a => a is { State: "running", InstanceId: { } id } && ended.Contains(id) ? a with { State = "lost" } : a)] }, prices, configuration.Prices, now),
            StringComparer.Ordinal);
    }

    /// <summary>An attempt that does not say what it ran on is asked about while EC2 still remembers.</summary>
    private async Task<IReadOnlyList<RunRecord>> PlaceAsync(IReadOnlyList<RunRecord> records, CancellationToken cancellationToken)
    {
        static bool IsOpen(AttemptRecord a) => a.InstanceId is not null && (a.InstanceType is null || a.AvailabilityZone is null || a.IsSpot is null);
        var open = records.SelectMany(r => r.Attempts).Where(IsOpen).Select(a => a.InstanceId!).Distinct(StringComparer.Ordinal).ToList();
        if (open.Count == 0)
        {
            return records;
        }

        try
        {
            var known = (await cloud.Instances.FindAsync(new InstanceQuery { InstanceIds = open }, cancellationToken).ConfigureAwait(false)).ToDictionary(i => i.InstanceId, StringComparer.Ordinal);
            return [.. records.Select(r => r with { Attempts = [.. r.Attempts.Select(a => IsOpen(a) && known.TryGetValue(a.InstanceId!, out var i) ? a with { InstanceType = i.InstanceType, AvailabilityZone = i.AvailabilityZone, IsSpot = i.IsSpot } : a)] })];
        }
        catch (RunctlException)
        {
            return records;
        }
    }

    private async Task<PriceHistory> FindPricesAsync(IReadOnlyList<AttemptRecord> attempts, CancellationToken cancellationToken)
    {
        var asked = attempts.Where(a => a is { IsSpot: true, InstanceType: not null, Started: not null }).ToList();
        try
        {
            return new(asked.Count == 0 ? [] : await cloud.Instances.FindSpotPriceHistoryAsync(
                [.. asked.Select(a => a.InstanceType!).Distinct(StringComparer.Ordinal)], asked.Min(a => a.Started!.Value), cancellationToken).ConfigureAwait(false));
        }
        catch (RunctlException)
        {
            // A list of runs is worth having without their cost.
            return new([]);
        }
    }
}
