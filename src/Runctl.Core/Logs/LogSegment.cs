namespace Runctl.Logs;

/// <summary>A segment of a log in S3.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="Key">Its key.</param>
/// <param name="Version">Changes when it is written again, as after a lost answer: then it holds at least what it held.</param>
/// <param name="Written">When S3 took it.</param>
internal sealed record LogSegment(long Start, string Key, string? Version, DateTimeOffset Written);
