using System.Text.Json;

namespace Runctl.Runs;

/// <summary>Checks a record that was read from S3 before anything rests on it: a training has the rights to write any. The guard has such a check (runs/record.py).</summary>
internal static class RecordCheck
{
    /// <summary>The record, if it is one of that run.</summary>
    /// <exception cref="JsonException">It is not.</exception>
    public static RunRecord Require(RunRecord record, string runId) => Problem(record, runId) is { } problem ? throw new JsonException(problem) : record;

    private static string? Problem(RunRecord record, string runId) =>
        record.RunId != runId ? $"it is of run '{record.RunId}'"
        : record.ProjectName is null ? "it has no project_name"
        : record.Attempts is not { Count: > 0 } attempts ? "it lists no attempts"
        : attempts.Any(a => a is not { Number: > 0, State: not null }) ? "an attempt has no number or state"
        : attempts.DistinctBy(a => a.Number).Count() < attempts.Count ? "it lists an attempt twice"
        : attempts.Any(a => (a.Phases ?? []).Any(p => p?.Name is null || !(Math.Abs(p.Seconds) < MostSeconds))) ? "a phase has no name, or an impossible length"
        : null;

    /// <summary>Of a phase: a hundred years.</summary>
    private const double MostSeconds = 100 * 366 * 86400.0;
}
