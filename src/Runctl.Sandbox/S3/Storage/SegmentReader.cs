using Microsoft.Win32.SafeHandles;

namespace Runctl.Sandbox.S3.Storage;

/// <summary>
/// Content opened for reading. The files are open from the beginning, so what is read stays whole even where the object is
/// replaced or deleted meanwhile.
/// </summary>
internal sealed class SegmentReader : IDisposable
{
    private const int BufferSize = 128 * 1024;

    private readonly List<(SafeFileHandle File, long Length)> _files;

    public SegmentReader(IEnumerable<Segment> segments) =>
        _files = segments.Select(segment => (File.OpenHandle(segment.Path), segment.Length)).ToList();

    /// <summary>Copies a range.</summary>
    public async Task CopyToAsync(Stream target, long offset, long length, CancellationToken ct)
    {
        var buffer = new byte[(int)Math.Clamp(length, 1, BufferSize)];
        foreach (var (file, size) in _files)
        {
            while (length > 0 && offset < size)
            {
                var wanted = (int)Math.Min(buffer.Length, Math.Min(length, size - offset));
                var count = await RandomAccess.ReadAsync(file, buffer.AsMemory(0, wanted), offset, ct).ConfigureAwait(false);
                if (count == 0)
                {
                    throw new IOException("A file of the store is shorter than it was.");
                }

                await target.WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
                offset += count;
                length -= count;
            }

            offset = Math.Max(0, offset - size);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (file, _) in _files)
        {
            file.Dispose();
        }
    }
}
