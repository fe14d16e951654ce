using Runctl.Runs;
using Runctl.Training;

namespace Runctl.Monitoring;

/// <summary>What a monitor has to do for an instance by what its status says.</summary>
/// <param name="Restart">No guard lives and there is something to guard.</param>
/// <param name="Interrupt">Runs whose interruption has to be handled over SSM: a notice stands and no guard acts on it.</param>
internal sealed record RepairPlan(bool Restart, IReadOnlyList<string> Interrupt)
{
    /// <summary>Decides.</summary>
    /// <param name="status">What the instance says.</param>
    /// <param name="isDeaf">Whether a guard that lives has left the same notice alone before.</param>
    public static RepairPlan Of(GuardStatus status, bool isDeaf)
    {
        var active = (status.Runs ?? []).Where(r => !r.HasEnded).ToList();
        var dead = status.Guard is { Alive: false };
        IEnumerable<RunState> left = (status.Notice, dead, isDeaf) switch
        {
            (null, _, _) => [],
            // A sequence that has begun is gone on with: it may have died with its guard.
            (_, true, _) => active,
            (_, _, true) => active.Where(IsUntouched),
            _ => [],
        };
        return new(dead && active.Count > 0, [.. left.Select(r => r.RunId)]);
    }

    /// <summary>A status with the runs that did not fit into it, as they were last known: an answer over SSM is cut.</summary>
    public static GuardStatus WithUnlisted(GuardStatus status, IEnumerable<RunctlTraining> watched)
    {
        var listed = status.Runs ?? [];
        var unlisted = watched.Where(t => !t.AttemptHasEnded && listed.All(r => r.RunId != t.RunId)).DistinctBy(t => t.RunId);
        return status with { Runs = [.. listed, .. unlisted.Select(t => new RunState { RunId = t.RunId, State = t.State })] };
    }

    /// <summary>Whether a notice stands that nobody has begun to act on.</summary>
    public static bool IsUnheeded(GuardStatus status) => status.Notice is not null && (status.Runs ?? []).Any(IsUntouched);

    private static bool IsUntouched(RunState run) => !run.HasEnded && !RunStates.IsEnding(run.State);
}
