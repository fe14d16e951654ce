namespace Runctl.Logs;

/// <summary>A piece of a log.</summary>
/// <param name="Offset">Where it begins. Beyond what was asked for where nobody has what was before.</param>
/// <param name="Data">Its bytes.</param>
/// <param name="Size">How long the log is, as far as known.</param>
/// <param name="IsCaughtUp">Whether nothing is known to follow it now.</param>
/// <param name="Ended">Whether nothing will ever follow it.</param>
internal sealed record LogChunk(long Offset, ReadOnlyMemory<byte> Data, long Size, bool IsCaughtUp, bool Ended)
{
    /// <summary>Where the next piece begins.</summary>
    public long NextOffset => Offset + Data.Length;

    /// <summary>Nothing new at an offset.</summary>
    public static LogChunk Nothing(long offset, bool ended = false) => new(offset, ReadOnlyMemory<byte>.Empty, offset, IsCaughtUp: true, ended);
}
