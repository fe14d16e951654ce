using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Runctl.Core.Tests.Fakes;

namespace Runctl.Core.Tests.Logs;

/// <summary>The log of an attempt in S3 as a guard writes it, in a store in memory.</summary>
internal sealed class Segments(MemoryStore store, int attempt = 1)
{
    /// <summary>All that was shipped.</summary>
    public StringBuilder Text { get; } = new();

    private string Prefix => string.Create(CultureInfo.InvariantCulture, $"p/runs/r-1/log/{attempt}/");

    /// <summary>Ships a text that follows all before it.</summary>
    public (long Start, long End) Ship(string text, int taken = 0)
    {
        var start = Text.Length;
        Text.Append(text);
        Put(start, Text.Length, Part(text, 0), taken);
        return (start, Text.Length);
    }

    /// <summary>Writes a large segment from small ones, which stay.</summary>
    public void Merge(IReadOnlyList<(long Start, long End)> small, int taken = 0)
    {
        var body = small.SelectMany(s =>
        {
            var key = Key(s.Start, s.End);
            var content = store.Objects[key].Content.ToArray();
            if (BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(4)) == 0)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(4), (uint)store.Written[key].ToUnixTimeSeconds());
            }

            return content;
        });
        Put(small[0].Start, small[^1].End, [.. body], taken);
    }

    /// <summary>Deletes a segment.</summary>
    public void Delete((long Start, long End) segment) => store.Objects.TryRemove(Key(segment.Start, segment.End), out _);

    /// <summary>Writes anything under the name of a segment.</summary>
    public void Put(long start, long end, byte[] content, int taken = 0)
    {
        store.Written[Key(start, end)] = DateTimeOffset.FromUnixTimeSeconds(taken);
        store.Objects[Key(start, end)] = (content, Guid.NewGuid().ToString());
    }

    /// <summary>A gzip member with its own length in its header.</summary>
    public static byte[] Part(string text, uint taken)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        var packed = buffer.ToArray().AsSpan(10);
        var part = new byte[20 + packed.Length];
        ((ReadOnlySpan<byte>)[0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, (byte)'R', (byte)'L', 4, 0]).CopyTo(part);
        BinaryPrimitives.WriteUInt32LittleEndian(part.AsSpan(4), taken);
        BinaryPrimitives.WriteUInt32LittleEndian(part.AsSpan(16), (uint)part.Length);
        packed.CopyTo(part.AsSpan(20));
        return part;
    }

    private string Key(long start, long end) => $"{Prefix}{start:D12}-{end:D12}.gz";
}
