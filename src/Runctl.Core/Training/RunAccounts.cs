using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Instances;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Makes the accounts of runs: finds the prices and the places of their attempts. What it has asked for once it keeps, for the runs that follow.</summary>
internal sealed class RunAccounts(ICloud cloud, RunctlConfiguration configuration, InstanceStates instances, TimeProvider time)
{
    /// <summary>EC2 knows an instance for about an hour after its end; it may outlive an attempt.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(1);

    /// <summary>EC2 has no older prices.</summary>
    private static readonly TimeSpan LongestHistory = TimeSpan.FromDays(90);

    private readonly Dictionary<string, DateTimeOffset> _pricedSince = new(StringComparer.Ordinal);
    private readonly HashSet<SpotPriceChange> _prices = [];

    /// <summary>The accounts by run id. An attempt that counts as running on an instance that is off has no known end.</summary>
    public async Task<IReadOnlyDictionary<string, RunAccount>> MakeAsync(IReadOnlyList<RunRecord> records, CancellationToken cancellationToken)
    {
        var placed = await PlaceAsync(records, cancellationToken).ConfigureAwait(false);
        await FindPricesAsync([.. placed.SelectMany(r => r.Attempts)], cancellationToken).ConfigureAwait(false);
        var prices = new PriceHistory(_prices);
        var now = time.GetUtcNow();
        return placed.ToDictionary(
            r => r.RunId,
            r => RunAccount.Of(r with { Attempts = [.. r.Attempts.Select(a => a is { State: RunStates.Running, InstanceId: { } id } && instances.IsOff(id) ? a with { State = RunStates.Lost } : a)] }, prices, configuration.Prices, now),
            StringComparer.Ordinal);
    }

    /// <summary>An attempt that does not say what it ran on is asked about while EC2 still remembers.</summary>
    private async Task<IReadOnlyList<RunRecord>> PlaceAsync(IReadOnlyList<RunRecord> records, CancellationToken cancellationToken)
    {
        static bool IsOpen(AttemptRecord a) => a.InstanceId is not null && (a.InstanceType is null || a.AvailabilityZone is null || a.IsSpot is null);
        var since = time.GetUtcNow() - Remembered;
        try
        {
            await instances.LookAsync(records.SelectMany(r => r.Attempts).Where(a => IsOpen(a) && (a.Ended is null || a.Ended > since)).Select(a => a.InstanceId!), cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException)
        {
            // What they cost stays unknown.
        }

        return [.. records.Select(r => r.Attempts.Any(IsOpen)
            ? r with { Attempts = [.. r.Attempts.Select(a => IsOpen(a) && instances.Find(a.InstanceId!) is { } i ? a with { InstanceType = i.InstanceType, AvailabilityZone = i.AvailabilityZone, IsSpot = i.IsSpot } : a)] }
            : r)];
    }

    /// <summary>Asks for the part of the history that is not known yet: one question for all types.</summary>
    private async Task FindPricesAsync(IReadOnlyList<AttemptRecord> attempts, CancellationToken cancellationToken)
    {
        var oldest = time.GetUtcNow() - LongestHistory;
        var needed = attempts.Where(a => a is { IsSpot: true, InstanceType: not null, Started: not null })
            .GroupBy(a => a.InstanceType!, a => a.Started!.Value < oldest ? oldest : a.Started.Value, StringComparer.Ordinal)
            .Select(g => (Type: g.Key, Since: g.Min()))
            .Where(n => !_pricedSince.TryGetValue(n.Type, out var known) || n.Since < known)
            .ToList();
        if (needed.Count == 0)
        {
            return;
        }

        // A type that is new has no history yet: then all is asked for up to now.
        DateTimeOffset? until = needed.TrueForAll(n => _pricedSince.ContainsKey(n.Type)) ? needed.Max(n => _pricedSince[n.Type]) : null;
        var since = needed.Min(n => n.Since);
        try
        {
            _prices.UnionWith(await cloud.Instances.FindSpotPriceHistoryAsync([.. needed.Select(n => n.Type)], since, until, cancellationToken).ConfigureAwait(false));
            needed.ForEach(n => _pricedSince[n.Type] = since);
        }
        catch (RunctlException)
        {
            // A list of runs is worth having without their cost.
        }
    }
}
