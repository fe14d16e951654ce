using System.Text.Json;
using Runctl.Errors;
using Runctl.Guarding;
using Runctl.Json;
using Runctl.Ports;
using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Monitoring;

/// <summary>One round of asking: all instances in as few calls as the limits allow, then each run told what concerns it.</summary>
internal sealed class MonitorRound(ICloud cloud, TimeProvider time)
{
    private static readonly string[] StatusCommand = ["status", "--events", "20"];

    private readonly GuardGroupClient _group = new(cloud, time);
    private readonly GuardClient _guard = new(cloud, time);

    /// <summary>Asks for all runs once. Only cancellation ends it early.</summary>
    public async Task RunAsync(IReadOnlyCollection<MonitoredRun> runs, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, GuardAnswer> answers;
        try
        {
            await TellMarketsAsync([.. runs.Where(r => !r.IsMarketKnown)], cancellationToken).ConfigureAwait(false);
            answers = await _group.AskAsync([.. runs.Select(r => r.Target.Training.InstanceId).Distinct(StringComparer.Ordinal)], StatusCommand, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e)
        {
            foreach (var run in runs)
            {
                await run.WarnAsync(e).ConfigureAwait(false);
            }

            return;
        }

        foreach (var instance in runs.GroupBy(r => r.Target.Training.InstanceId, StringComparer.Ordinal))
        {
            await HandleAsync(answers[instance.Key], [.. instance], cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task TellMarketsAsync(IReadOnlyCollection<MonitoredRun> runs, CancellationToken cancellationToken)
    {
        if (runs.Count == 0)
        {
            return;
        }

        var ids = runs.Select(r => r.Target.Training.InstanceId).Distinct(StringComparer.Ordinal);
        var found = (await cloud.Instances.FindAsync(new InstanceQuery { InstanceIds = [.. ids] }, cancellationToken).ConfigureAwait(false)).ToDictionary(i => i.InstanceId, StringComparer.Ordinal);
        foreach (var run in runs)
        {
            // One that is gone is no matter any more.
            await run.OnMarketAsync(found.GetValueOrDefault(run.Target.Training.InstanceId)?.IsSpot ?? true).ConfigureAwait(false);
        }
    }

    private async Task HandleAsync(GuardAnswer answer, IReadOnlyList<MonitoredRun> runs, CancellationToken cancellationToken)
    {
        foreach (var run in runs)
        {
            try
            {
                await HandleAsync(answer, run, cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException e) when (TrainingReader.MeansGone(e))
            {
                await GoneAsync(run, cancellationToken).ConfigureAwait(false);
            }
            catch (RunctlException e)
            {
                await run.WarnAsync(e).ConfigureAwait(false);
            }
        }
    }

    private async Task HandleAsync(GuardAnswer answer, MonitoredRun run, CancellationToken cancellationToken)
    {
        if (answer.Error is { } error)
        {
            throw error;
        }

        GuardStatus status;
        try
        {
            status = RunctlJson.Read<GuardStatus>(answer.Value!.Value);
        }
        catch (JsonException e)
        {
            throw RunctlErrors.GuardAnswerInvalid(answer.InstanceId, 0, e.Message, e);
        }

        if (status.Guard is { Alive: false } && status.Runs?.Any(r => r.State is "running" or "interrupting") == true)
        {
            await run.WarnAsync("GuardDead", $"The guard on {answer.InstanceId} is not running; starting it again.").ConfigureAwait(false);
            status = await _guard.CallAsync<GuardStatus>(answer.InstanceId, ["repair"], null, GuardClient.ShortCall, cancellationToken).ConfigureAwait(false);
        }

        if (status.Guard?.Imds is "disabled" or "unreachable" or "error")
        {
            await run.WarnAsync("Imds", $"The guard on {answer.InstanceId} does not reach the metadata service ({status.Guard.Imds}): it would not see an interruption.").ConfigureAwait(false);
        }

        await run.OnStatusAsync(status, cancellationToken).ConfigureAwait(false);
    }

    private static async Task GoneAsync(MonitoredRun run, CancellationToken cancellationToken)
    {
        try
        {
            await run.OnGoneAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e)
        {
            // S3 does not answer either; the next round tries again.
            await run.WarnAsync(e).ConfigureAwait(false);
        }
    }
}
