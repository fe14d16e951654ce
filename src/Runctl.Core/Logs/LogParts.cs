using System.Buffers.Binary;

namespace Runctl.Logs;

/// <summary>The parts that a segment was put together from. Each is a gzip member whose header has its length and the time at which S3 took it.</summary>
internal static class LogParts
{
    private const int HeaderLength = 20;
    private const int TrailerLength = 8;

    /// <summary>The parts in order, up to the first one that is not as the guard writes it.</summary>
    /// <returns>When S3 took each, null as long as the object itself tells; and how many bytes of the log it has.</returns>
    public static IEnumerable<(DateTimeOffset? Taken, long Length)> Of(ReadOnlyMemory<byte> packed)
    {
        foreach (var (taken, part) in Slices(packed))
        {
            yield return (taken, BinaryPrimitives.ReadUInt32LittleEndian(part.Span[^4..]));
        }
    }

    /// <summary>The same parts, each as a gzip member of its own.</summary>
    public static IEnumerable<(DateTimeOffset? Taken, ReadOnlyMemory<byte> Packed)> Slices(ReadOnlyMemory<byte> packed)
    {
        while (Length(packed.Span) is { } length)
        {
            var taken = BinaryPrimitives.ReadUInt32LittleEndian(packed.Span[4..]);
            yield return (taken == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(taken), packed[..length]);
            packed = packed[length..];
        }
    }

    private static int? Length(ReadOnlySpan<byte> packed) =>
        packed.Length >= HeaderLength && packed[..4].SequenceEqual<byte>([0x1f, 0x8b, 8, 4]) && packed[10..16].SequenceEqual<byte>([8, 0, (byte)'R', (byte)'L', 4, 0])
        && BinaryPrimitives.ReadUInt32LittleEndian(packed[16..]) is >= HeaderLength + TrailerLength and var length && length <= packed.Length ? (int)length : null;
}
