using Runctl.Configuration;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Runs;

namespace Runctl.Instances;

/// <summary>Adds to instances what EC2's records of them do not say: price, cost, and the training on them.</summary>
public sealed class InstanceCosts(ICloud cloud, RunctlConfiguration configuration, TimeProvider time)
{
    /// <summary>Told of what could not be found out; it stays null.</summary>
    public Action<string>? OnUnknown { get; init; }

    /// <summary>The instances in their order.</summary>
    public async Task<IReadOnlyList<RunctlInstance>> CompleteAsync(IReadOnlyList<RunctlInstance> instances, CancellationToken cancellationToken)
    {
        var prices = FindPricesAsync(instances, cancellationToken);
        var runs = await FindRunsAsync([.. instances.Where(MayTrain).Select(i => i.InstanceId)], cancellationToken).ConfigureAwait(false);
        var history = await prices.ConfigureAwait(false);
        var now = time.GetUtcNow();
        return [.. instances.Select(i => WithRun(WithCost(i, history, now), runs.GetValueOrDefault(i.InstanceId)))];
    }

    /// <summary>Nothing of ours is sent to machines that have nothing to do with us.</summary>
    private static bool MayTrain(RunctlInstance instance) => instance.State == Ec2States.Running && (instance.IsManaged || instance.Tags.ContainsKey(RunctlTags.RunId));

    private async Task<PriceHistory> FindPricesAsync(IReadOnlyList<RunctlInstance> instances, CancellationToken cancellationToken)
    {
        var spot = instances.Where(i => i.IsSpot).ToList();
        try
        {
            return new(spot.Count == 0 ? [] : await cloud.Instances.FindSpotPriceHistoryAsync(
                [.. spot.Select(i => i.InstanceType).Distinct(StringComparer.Ordinal)], spot.Min(i => i.LaunchTime) ?? time.GetUtcNow(), null, cancellationToken).ConfigureAwait(false));
        }
        catch (RunctlException e)
        {
            OnUnknown?.Invoke($"The spot prices are not known: {e.Message}");
            return new([]);
        }
    }

    private async Task<Dictionary<string, RunState>> FindRunsAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, RunState>(StringComparer.Ordinal);
        try
        {
            var answers = ids.Count == 0 ? [] : (await new GuardGroupClient(cloud, time).AskAsync(ids, ["status", "--events", "0", "--max-bytes", "2400"], cancellationToken).ConfigureAwait(false)).Values;
            foreach (var answer in answers)
            {
                if (answer.Value is { } value && Newest(RunctlJson.Read<GuardStatus>(value).Runs) is { } run)
                {
                    found[answer.InstanceId] = run;
                }
                else if (answer.Error is { } error && !answer.ProgramIsMissing)
                {
                    OnUnknown?.Invoke($"The trainings on {answer.InstanceId} are not known: {error.Message}");
                }
            }
        }
        catch (Exception e) when (e is RunctlException or System.Text.Json.JsonException)
        {
            OnUnknown?.Invoke($"The trainings are not known: {e.Message}");
        }

        return found;
    }

    private static RunState? Newest(IReadOnlyList<RunState>? runs) => runs?.OrderBy(r => r.HasEnded).ThenByDescending(r => r.Started ?? DateTimeOffset.MaxValue).FirstOrDefault();

    private RunctlInstance WithCost(RunctlInstance instance, PriceHistory history, DateTimeOffset now)
    {
        var until = instance.State is Ec2States.Pending or Ec2States.Running or Ec2States.ShuttingDown or Ec2States.Stopping ? now.UtcDateTime : instance.Ended;
        decimal? byHand = configuration.Prices.TryGetValue(instance.InstanceType, out var known) ? known : null;
        var age = until - instance.LaunchTime;
        return instance.With(copy =>
        {
            copy.Age = age < TimeSpan.Zero ? TimeSpan.Zero : age;
            copy.HourlyPrice = instance.IsSpot ? history.At(instance.InstanceType, instance.AvailabilityZone, now) : byHand;
            copy.Cost = until is not { } end || instance.LaunchTime is not { } begin ? null
                : instance.IsSpot ? history.Cost(instance.InstanceType, instance.AvailabilityZone, begin, end)
                : byHand is { } price ? PriceHistory.Of(price, end > begin ? end - begin : TimeSpan.Zero) : null;
        });
    }

    private static RunctlInstance WithRun(RunctlInstance instance, RunState? run) =>
        instance.With(copy => { copy.RunId = run?.RunId ?? instance.Tags.GetValueOrDefault(RunctlTags.RunId); copy.TrainingState = run?.State; });
}
