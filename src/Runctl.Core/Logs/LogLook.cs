namespace Runctl.Logs;

/// <summary>What one list request says of a log.</summary>
/// <param name="Segments">The segments from where it began, in the order of their names.</param>
/// <param name="IsFull">Whether more may follow.</param>
/// <param name="RecordVersion">The entity tag of the run's record, empty if there is none; null if the list did not get that far.</param>
internal sealed record LogLook(IReadOnlyList<LogSegment> Segments, bool IsFull, string? RecordVersion);
