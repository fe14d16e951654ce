using System.Globalization;

namespace Runctl.Sandbox.Http;

/// <summary>A body in HTTP's own chunked transfer coding (RFC 9112 7.1); trailer fields are dropped.</summary>
internal sealed class ChunkedBody(BufferedInput input, Stream? continueTo) : RequestBody(continueTo)
{
    private const int LineLimit = 4 * 1024;

    private long _remaining;
    private bool _begun;
    private bool _complete;

    /// <inheritdoc/>
    public override bool Complete => _complete;

    /// <inheritdoc/>
    public override long? Remaining => _complete ? 0 : null;

    /// <inheritdoc/>
    protected override async ValueTask<int> ReadFramedAsync(Memory<byte> buffer, CancellationToken ct)
    {
        if (_remaining == 0)
        {
            _remaining = await ReadSizeAsync(ct).ConfigureAwait(false);
            if (_remaining == 0)
            {
                await HttpRequestParser.ReadHeadersAsync(input, ct).ConfigureAwait(false);
                _complete = true;
                return 0;
            }
        }

        var wanted = buffer[..(int)Math.Min(buffer.Length, _remaining)];
        var count = await input.ReadAsync(wanted, ct).ConfigureAwait(false);
        if (count == 0)
        {
            throw new EndOfStreamException("The client closed the connection inside a chunk.");
        }

        _remaining -= count;
        return count;
    }

    private async ValueTask<long> ReadSizeAsync(CancellationToken ct)
    {
        if (_begun && await ReadLineAsync(ct).ConfigureAwait(false) is not "")
        {
            throw new HttpFormatException(400, "A chunk is longer than its size.");
        }

        _begun = true;
        var line = await ReadLineAsync(ct).ConfigureAwait(false);
        var size = line.Split(';')[0].Trim();
        return long.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && value >= 0
            ? value
            : throw new HttpFormatException(400, "A chunk's size is not a number.");
    }

    private async ValueTask<string> ReadLineAsync(CancellationToken ct) =>
        await input.ReadLineAsync(LineLimit, ct).ConfigureAwait(false)
            ?? throw new EndOfStreamException("The client closed the connection between chunks.");
}
