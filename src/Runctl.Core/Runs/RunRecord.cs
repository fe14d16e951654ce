using System.Text.Json.Serialization;

namespace Runctl.Runs;

/// <summary>run.json: the attempts of a run, who claimed them and what came of them.</summary>
internal sealed record RunRecord
{
    public int Schema { get; init; } = 1;

    public required string RunId { get; init; }

    public required string ProjectName { get; init; }

    public DateTimeOffset Created { get; init; }

    public string? Outcome { get; init; }

    public IReadOnlyList<AttemptRecord> Attempts { get; init; } = [];

    /// <summary>The newest attempt, or null.</summary>
    public AttemptRecord? Newest() => Attempts.MaxBy(a => a.Number);

    /// <summary>The attempt that the run is on: the newest, unless that ended before it was started. Then it is the newest one that was started, if there is any.</summary>
    public AttemptRecord? Current() => Newest() is { HasEnded: true, Started: null } unstarted ? Attempts.Where(a => a.Started is not null).MaxBy(a => a.Number) ?? unstarted : Newest();

    /// <summary>The next attempt after a number that has something to read; null if there is none. A claim without an instance has nothing yet.</summary>
    public AttemptRecord? After(int number) => Attempts.Where(a => a.Number > number && a is not { State: RunStates.Claimed, InstanceId: null }).MinBy(a => a.Number);

    /// <summary>Whether the user stopped the run while no attempt trained: an attempt that only says so keeps guards and sessions from continuing it.</summary>
    [JsonIgnore]
    public bool IsStopped => Newest() is { State: RunStates.Stopped, Started: null };

    /// <summary>Whether its start was given up before a guard did anything for it. A guard that ended an attempt has said when.</summary>
    [JsonIgnore]
    public bool NeverBegan => Attempts.Count > 0 && Attempts.All(a => a is { State: RunStates.Failed, Started: null, Ended: null });

    /// <summary>How many attempts began after the first.</summary>
    [JsonIgnore]
    public int Resumes => Attempts.Count(a => a is { Number: > 1, Started: not null });

    /// <summary>The record with an attempt in the place of the one of its number, or added.</summary>
    public RunRecord With(AttemptRecord attempt) => this with { Attempts = [.. Attempts.Where(a => a.Number != attempt.Number).Append(attempt).OrderBy(a => a.Number)] };
}
