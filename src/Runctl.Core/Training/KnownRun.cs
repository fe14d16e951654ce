using Runctl.Runs;

namespace Runctl.Training;

/// <summary>A run in the course of a search: as its record has it, or as far as the index knows.</summary>
/// <param name="Record">The record.</param>
/// <param name="Script">The script, or null where it is not known.</param>
/// <param name="Indexed">What the index says, or null where the run was named.</param>
internal sealed record KnownRun(RunRecord Record, string? Script, IndexedRun? Indexed)
{
    /// <summary>Whether <see cref="Record"/> is the record itself.</summary>
    public bool IsRead { get; init; }

    /// <summary>What its orders allow, or null if they were not read.</summary>
    public int? MaxResumes { get; init; }

    /// <summary>The attempt that the run is on, or null.</summary>
    public AttemptRecord? Newest { get; } = Record.Current();

    /// <summary>The instance of the newest attempt where it may be going on there, else null.</summary>
    public string? OpenOn => Newest is { HasEnded: false } ? Newest.InstanceId : null;
}
