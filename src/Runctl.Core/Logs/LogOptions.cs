namespace Runctl.Logs;

/// <summary>What of a log is wanted.</summary>
public sealed record LogOptions
{
    /// <summary>Only the last so many lines of what is there now; null for all.</summary>
    public int? Tail { get; init; }

    /// <summary>Only what was printed since, as exactly as it was noted: rather some lines more than one less. Null for all.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Whether to go on until the run ends, or until the one attempt does that is wanted.</summary>
    public bool Follow { get; init; }

    /// <summary>All attempts of the run one after the other, instead of the newest one and those that come.</summary>
    public bool All { get; init; }

    /// <summary>The one attempt that is wanted; null for the run.</summary>
    public int? Attempt { get; init; }

    /// <summary>How often to ask while following and nothing is new; after something new in half of it.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);
}
