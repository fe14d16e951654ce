using System.IO.Compression;

namespace Runctl.Logs;

/// <summary>What the guard compressed.</summary>
internal static class Packed
{
    /// <summary>The bytes in gzip members that follow each other; nothing where there is nothing.</summary>
    /// <param name="packed">The members.</param>
    /// <param name="longest">The most bytes they may hold.</param>
    /// <exception cref="InvalidDataException">They are damaged, or hold more.</exception>
    public static byte[] Unpack(ReadOnlyMemory<byte> packed, int longest = int.MaxValue)
    {
        if (packed.IsEmpty)
        {
            return [];
        }

        using var gzip = new GZipStream(new MemoryStream(packed.ToArray(), writable: false), CompressionMode.Decompress);
        using var buffer = new MemoryStream();
        var block = new byte[1 << 16];
        for (var count = gzip.Read(block); count > 0; count = gzip.Read(block))
        {
            if (buffer.Length + count > longest)
            {
                throw new InvalidDataException($"It unpacks to more than {longest} bytes.");
            }

            buffer.Write(block, 0, count);
        }

        return buffer.ToArray();
    }
}
