namespace Runctl.Logs;

/// <summary>The bytes of a log by offset. Offsets only ever grow, whatever becomes of the file on the instance.</summary>
internal interface ILogSource
{
    /// <summary>Where to begin in order to have the last lines of what is there, what was printed since a time, or all of it.</summary>
    /// <returns>The offset, and how many lines end after it where a tail was asked for.</returns>
    Task<(long Offset, int Lines)> BeginAsync(int? tail, DateTimeOffset? since, CancellationToken cancellationToken);

    /// <summary>What there is from an offset on, as much as comes in one piece.</summary>
    Task<LogChunk> ReadAsync(long offset, CancellationToken cancellationToken);
}
