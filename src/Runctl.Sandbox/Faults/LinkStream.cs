using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Faults;

/// <summary>Writes at the pace of a link.</summary>
internal sealed class LinkStream(Stream output, Link link) : WriteOnlyStream
{
    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var piece = buffer[..Math.Min(buffer.Length, link.Piece)];
            await link.PassAsync(piece.Length, cancellationToken).ConfigureAwait(false);
            await output.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
            buffer = buffer[piece.Length..];
        }
    }
}
