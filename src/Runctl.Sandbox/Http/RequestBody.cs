using Runctl.Sandbox.Faults;

namespace Runctl.Sandbox.Http;

/// <summary>
/// A request's body. A client that asked for 100 Continue gets it when the body is first read: a refused request is then
/// answered without its body having been sent.
/// </summary>
internal abstract class RequestBody(Stream? continueTo) : ReadOnlyStream
{
    private Stream? _continueTo = continueTo;

    /// <summary>Whether the whole body was read.</summary>
    public abstract bool Complete { get; }

    /// <summary>Bytes still to come, or null where the client does not say.</summary>
    public abstract long? Remaining { get; }

    /// <summary>Whether the client still waits for leave to send.</summary>
    public bool Held => _continueTo is not null && !Complete;

    /// <summary>What paces it, or null.</summary>
    public Link? Link { get; set; }

    /// <inheritdoc/>
    public sealed override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Complete || buffer.Length == 0)
        {
            return 0;
        }

        if (_continueTo is { } output)
        {
            _continueTo = null;
            await output.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        }

        if (Link is not { } link)
        {
            return await ReadFramedAsync(buffer, cancellationToken).ConfigureAwait(false);
        }

        var piece = buffer[..Math.Min(buffer.Length, link.Piece)];
        var count = await ReadFramedAsync(piece, cancellationToken).ConfigureAwait(false);
        await link.PassAsync(count, cancellationToken).ConfigureAwait(false);
        return count;
    }

    /// <summary>Reads past the framing; 0 only once <see cref="Complete"/> is true.</summary>
    /// <exception cref="EndOfStreamException">The client broke off.</exception>
    protected abstract ValueTask<int> ReadFramedAsync(Memory<byte> buffer, CancellationToken ct);
}
