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

    /// <summary>The record with an attempt in the place of the one of its number, or added.</summary>
    public RunRecord With(AttemptRecord attempt) => this with { Attempts = [.. Attempts.Where(a => a.Number != attempt.Number).Append(attempt).OrderBy(a => a.Number)] };
}
