using System.Security.Cryptography;
using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Signing;

/// <summary>Passes a body through and throws at its end where its SHA-256 is not the signed one.</summary>
internal sealed class PayloadHashStream(Stream inner, string expected) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _ended;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ended || buffer.Length == 0)
        {
            return 0;
        }

        var count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _hash.AppendData(buffer.Span[..count]);
        if (count == 0)
        {
            _ended = true;
            if (!SigningKey.Same(SigningKey.Hex(_hash.GetHashAndReset()), expected))
            {
                throw new SignatureException(SignatureFailure.PayloadMismatch, "The body's SHA-256 is not the signed one.");
            }
        }

        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _hash.Dispose();
        base.Dispose(disposing);
    }
}
