using System.Text;

namespace Runctl.Sandbox.Http;

/// <summary>Reads lines and bytes from one stream without losing what was read ahead.</summary>
internal sealed class BufferedInput(Stream stream)
{
    private readonly byte[] _buffer = new byte[32 * 1024];
    private int _start;
    private int _end;

    /// <summary>Reads up to the buffer's length; 0 is the end of the stream.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken ct)
    {
        if (_start == _end)
        {
            return stream.ReadAsync(destination, ct);
        }

        var count = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(destination.Span);
        _start += count;
        return ValueTask.FromResult(count);
    }

    /// <summary>
    /// Reads a line, without its LF or CRLF, as Latin-1 so that every byte survives. Null where the stream ended before it.
    /// </summary>
    /// <exception cref="HttpFormatException">The line is longer than <paramref name="limit"/> bytes.</exception>
    /// <exception cref="EndOfStreamException">The stream ended inside the line.</exception>
    public async ValueTask<string?> ReadLineAsync(int limit, CancellationToken ct)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = await stream.ReadAsync(_buffer, ct).ConfigureAwait(false);
                if (_end == 0)
                {
                    return line.Length == 0 ? null : throw new EndOfStreamException("The stream ended inside a line.");
                }
            }

            var available = _buffer.AsSpan(_start, _end - _start);
            var lineFeed = available.IndexOf((byte)'\n');
            var part = lineFeed < 0 ? available : available[..lineFeed];
            line.Append(Encoding.Latin1.GetString(part));
            _start += part.Length;
            if (line.Length > limit)
            {
                throw new HttpFormatException(431, "A line of the request is too long.");
            }

            if (lineFeed >= 0)
            {
                _start++;
                return line.Length > 0 && line[^1] == '\r' ? line.ToString(0, line.Length - 1) : line.ToString();
            }
        }
    }
}
