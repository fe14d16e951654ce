namespace Runctl.Training;

/// <summary>Finds where the last lines of a log begin, without reading all of it.</summary>
internal sealed class LogTail(LogSource source)
{
    private const long Step = 64 * 1024;

    /// <summary>The offset of the first of the last lines.</summary>
    public async Task<long> FindOffsetAsync(int lines, CancellationToken cancellationToken)
    {
        var size = (await source.ReadAsync(long.MaxValue / 2, cancellationToken).ConfigureAwait(false)).Size;
        if (lines <= 0)
        {
            return size;
        }

        var reach = Step;
        while (true)
        {
            var start = Math.Max(source.FirstOffset, size - reach);
            var data = await ReadRangeAsync(start, size, cancellationToken).ConfigureAwait(false);
            if (Begin(data, lines) is { } begin)
            {
                return start + begin;
            }

            if (start == source.FirstOffset)
            {
                return start;
            }

            reach *= 4;
        }
    }

    /// <summary>Where the last lines begin in some bytes, or null where there are not as many line ends.</summary>
    public static int? Begin(ReadOnlySpan<byte> data, int lines)
    {
        var end = data.Length > 0 && data[^1] == '\n' ? data.Length - 1 : data.Length;
        for (var i = 0; i < lines; i++)
        {
            end = data[..end].LastIndexOf((byte)'\n');
            if (end < 0)
            {
                return null;
            }
        }

        return end + 1;
    }

    private async Task<byte[]> ReadRangeAsync(long start, long end, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        while (start < end)
        {
            var chunk = await source.ReadAsync(start, cancellationToken).ConfigureAwait(false);
            if (chunk.Data.IsEmpty)
            {
                break;
            }

            buffer.Write(chunk.Data.Span);
            start = chunk.NextOffset;
        }

        return buffer.ToArray();
    }
}
