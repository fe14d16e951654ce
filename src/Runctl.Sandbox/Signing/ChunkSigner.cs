using System.Security.Cryptography;

namespace Runctl.Sandbox.Signing;

/// <summary>
/// The chain of signatures through a body in signed chunks: each covers its chunk and the signature before it, so that
/// chunks can neither be altered nor moved.
/// </summary>
internal sealed class ChunkSigner(SigningKey key, RequestSignature seed)
{
    private static readonly string EmptyHash = SigningKey.Hash("");

    private readonly string _scope = seed.Scope.ToString();
    private string _previous = seed.Signature;

    /// <summary>Checks a chunk by the hash of its data.</summary>
    /// <exception cref="SignatureException">The signature is not the chunk's.</exception>
    public void VerifyChunk(IncrementalHash data, string signature) =>
        Verify(signature, "AWS4-HMAC-SHA256-PAYLOAD", EmptyHash, SigningKey.Hex(data.GetHashAndReset()));

    /// <summary>Checks the trailer, given as <c>name:value\n</c> for each field.</summary>
    /// <exception cref="SignatureException">The signature is not the trailer's.</exception>
    public void VerifyTrailer(string canonical, string signature) =>
        Verify(signature, "AWS4-HMAC-SHA256-TRAILER", SigningKey.Hash(canonical));

    private void Verify(string signature, string kind, params string[] hashes)
    {
        var expected = key.Sign([kind, seed.Timestamp, _scope, _previous, .. hashes]);
        if (!SigningKey.Same(expected, signature))
        {
            throw new SignatureException(SignatureFailure.Mismatch, "The signature of a chunk or trailer does not match.");
        }

        _previous = expected;
    }
}
