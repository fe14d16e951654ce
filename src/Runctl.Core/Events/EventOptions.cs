namespace Runctl.Events;

/// <summary>Which events of a run are wanted.</summary>
public sealed record EventOptions
{
    /// <summary>The attempt, from 1; null for all of them.</summary>
    public int? Attempt { get; init; }

    /// <summary>Events from this time on; null for all of them.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Whether the events that are still to come are wanted too, until the run has ended.</summary>
    public bool Follow { get; init; }

    /// <summary>Time between two requests if nothing is new.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);
}
