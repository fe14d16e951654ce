using Runctl.Runs;

namespace Runctl.Training;

/// <summary>Which runs an instance means.</summary>
internal static class RunsOnInstance
{
    /// <summary>All instances that a run had an attempt on.</summary>
    public static IEnumerable<string> InstancesOf(RunctlTraining run) => run.InstanceIds.Append(run.InstanceId).Where(id => id.Length > 0).Distinct(StringComparer.Ordinal);

    /// <summary>
    /// The runs that train on an instance; else the last one that was there, and if it was cut off, all that were cut off with it. A run that has gone on elsewhere is
    /// meant only if no other run ended there.
    /// </summary>
    /// <param name="runs">The runs that had an attempt on it.</param>
    /// <param name="instanceId">The instance.</param>
    public static IReadOnlyList<RunctlTraining> Meant(IEnumerable<RunctlTraining> runs, string instanceId)
    {
        RunctlTraining[] known = [.. runs.OrderByDescending(run => run.Started ?? DateTime.MaxValue)];
        RunctlTraining[] here = [.. known.Where(run => run.InstanceId == instanceId)];
        RunctlTraining[] active = [.. here.Where(run => !run.HasEnded)];
        if (active.Length > 0)
        {
            return active;
        }

        if (here is not [var last, ..])
        {
            return [.. known.Take(1)];
        }

        return RunStates.IsCutOff(last.State) ? [.. here.Where(run => RunStates.IsCutOff(run.State) && !(run.Ended < last.Started))] : [last];
    }
}
