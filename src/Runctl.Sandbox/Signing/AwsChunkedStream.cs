using System.Globalization;
using System.Security.Cryptography;
using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Signing;

/// <summary>
/// Decodes aws-chunked content, verifying each chunk's signature and the trailer's where there is a signer. Data is handed
/// on before its chunk's signature was seen: it may only be committed once the stream ended without an exception.
/// </summary>
internal sealed class AwsChunkedStream(
    Stream encoded, ChunkSigner? signer, IReadOnlyCollection<string> announcedTrailers, long? decodedLength,
    HttpHeaders trailers)
    : ReadOnlyStream
{
    private const int LineLimit = 4 * 1024;
    private const int MinSignedChunk = 8 * 1024;

    private readonly BufferedInput _input = new(encoded);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private string _signature = "";
    private long _chunkSize;
    private long _remaining;
    private long _decoded;
    private bool _inChunk;
    private bool _ended;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ended || buffer.Length == 0)
        {
            return 0;
        }

        if (_remaining == 0)
        {
            await NextChunkAsync(cancellationToken).ConfigureAwait(false);
            if (_chunkSize == 0)
            {
                await EndAsync(cancellationToken).ConfigureAwait(false);
                return 0;
            }
        }

        var wanted = buffer[..(int)Math.Min(buffer.Length, _remaining)];
        var count = await _input.ReadAsync(wanted, cancellationToken).ConfigureAwait(false);
        if (count == 0)
        {
            throw new EndOfStreamException("The content ended inside a chunk.");
        }

        if (signer is not null)
        {
            _hash.AppendData(wanted.Span[..count]);
        }

        _remaining -= count;
        _decoded += count;
        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _hash.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask NextChunkAsync(CancellationToken ct)
    {
        var previous = _inChunk ? _chunkSize : (long?)null;
        await FinishChunkAsync(ct).ConfigureAwait(false);
        var line = await LineAsync(ct).ConfigureAwait(false);
        var parts = line.Split(';', 2);
        if (!long.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _chunkSize)
            || _chunkSize < 0)
        {
            throw new HttpFormatException(400, "A chunk's size is not a number.");
        }

        if (signer is not null)
        {
            const string name = "chunk-signature=";
            _signature = parts.Length == 2 && parts[1].StartsWith(name, StringComparison.Ordinal)
                ? parts[1][name.Length..]
                : throw new SignatureException(SignatureFailure.Mismatch, "A chunk has no signature.");
            if (previous < MinSignedChunk && _chunkSize > 0)
            {
                throw new SignatureException(
                    SignatureFailure.ChunkTooSmall, "Only the last chunk is allowed to have a size less than 8192 bytes");
            }
        }

        _remaining = _chunkSize;
        _inChunk = true;
    }

    private async ValueTask FinishChunkAsync(CancellationToken ct)
    {
        if (!_inChunk)
        {
            return;
        }

        if (await LineAsync(ct).ConfigureAwait(false) is not "")
        {
            throw new HttpFormatException(400, "A chunk is longer than its size.");
        }

        signer?.VerifyChunk(_hash, _signature);
    }

    private async ValueTask EndAsync(CancellationToken ct)
    {
        signer?.VerifyChunk(_hash, _signature);
        await AwsTrailer.ReadAsync(_input, signer, announcedTrailers, trailers, ct).ConfigureAwait(false);
        // Reads the transport's own end; a body longer than its content is not taken.
        if (await _input.ReadAsync(new byte[1], ct).ConfigureAwait(false) != 0 || (decodedLength ?? _decoded) != _decoded)
        {
            throw new EndOfStreamException("The content is not as long as x-amz-decoded-content-length says.");
        }

        _ended = true;
    }

    private async ValueTask<string> LineAsync(CancellationToken ct) =>
        await _input.ReadLineAsync(LineLimit, ct).ConfigureAwait(false)
            ?? throw new EndOfStreamException("The content ended between chunks.");
}
