using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Monitoring;

/// <summary>Asks once for each run whether its instance can be interrupted at all; by one question for all.</summary>
internal sealed class MarketCheck(ICloud cloud)
{
    /// <summary>Tells the runs that are not told yet; one that EC2 does not know, or cannot be asked about now, is told later or never.</summary>
    public async Task TellAsync(IEnumerable<MonitoredRun> runs, CancellationToken cancellationToken)
    {
        var open = runs.Where(r => !r.IsMarketKnown).ToLookup(r => r.Target.Training.InstanceId, StringComparer.Ordinal);
        if (open.Count == 0)
        {
            return;
        }

        try
        {
            foreach (var instance in await cloud.Instances.FindAsync(new InstanceQuery { InstanceIds = [.. open.Select(o => o.Key)] }, cancellationToken).ConfigureAwait(false))
            {
                foreach (var run in open[instance.InstanceId])
                {
                    await run.OnMarketAsync(instance.IsSpot).ConfigureAwait(false);
                }
            }
        }
        catch (RunctlException)
        {
            // The next round asks again.
        }
#pragma warning disable CA1031 // A defect here must not be silent, nor end anything else.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            foreach (var run in open.SelectMany(o => o))
            {
                await run.WarnAsync("market", e.GetType().Name,
                    $"Runctl could not find out whether {run.Target.Training.InstanceId} can be interrupted ({e.GetType().Name}: {e.Message}); it tries again.").ConfigureAwait(false);
            }
        }
    }
}
