using System.IO.Compression;

namespace Runctl.Logs;

/// <summary>What the guard compressed.</summary>
internal static class Packed
{
    /// <summary>The bytes in a gzip member; nothing where there is nothing.</summary>
    public static byte[] Unpack(ReadOnlyMemory<byte> packed)
    {
        if (packed.IsEmpty)
        {
            return [];
        }

        using var gzip = new GZipStream(new MemoryStream(packed.ToArray(), writable: false), CompressionMode.Decompress);
        using var buffer = new MemoryStream();
        gzip.CopyTo(buffer);
        return buffer.ToArray();
    }
}
