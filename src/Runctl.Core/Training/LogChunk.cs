namespace Runctl.Training;

/// <summary>A piece of a log.</summary>
/// <param name="Data">Its bytes.</param>
/// <param name="NextOffset">Where the next piece begins.</param>
/// <param name="Size">How long the log is now.</param>
/// <param name="Ended">Whether nothing will follow this piece.</param>
internal sealed record LogChunk(ReadOnlyMemory<byte> Data, long NextOffset, long Size, bool Ended)
{
    /// <summary>Whether more is there already.</summary>
    public bool HasMore => NextOffset < Size && !Data.IsEmpty;
}
