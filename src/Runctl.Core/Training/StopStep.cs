using Runctl.Runs;

namespace Runctl.Training;

/// <summary>What comes next when a run is to be stopped for good.</summary>
/// <param name="Kind">What.</param>
/// <param name="Attempt">The attempt that it is done to, or null.</param>
internal sealed record StopStep(StopKind Kind, AttemptRecord? Attempt = null)
{
    /// <summary>The next step.</summary>
    /// <param name="record">The record as it is now.</param>
    /// <param name="told">How attempts ended that were stopped meanwhile, by their numbers. A record may have the end later.</param>
    public static StopStep Of(RunRecord record, IReadOnlyDictionary<int, string> told)
    {
        // A resume that is under way comes first: nothing that it launches may train.
        if (record.Newest() is { State: RunStates.Claimed, Number: > 1 } claim)
        {
            return new(StopKind.TakeBack, claim);
        }

        if (record.Attempts.Where(a => !told.ContainsKey(a.Number) && a.InstanceId is not null && (a.State == RunStates.Running || (a.State == RunStates.Claimed && a.Number == 1))).MaxBy(a => a.Number) is { } open)
        {
            return new(StopKind.End, open);
        }

        if (record.IsStopped || record.Current() is not { } current)
        {
            return new(StopKind.Done);
        }

        return RunStates.IsCutOff(told.GetValueOrDefault(current.Number, current.State)) ? new(StopKind.Mark) : new(StopKind.Done);
    }
}
