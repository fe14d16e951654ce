using System.Globalization;
using System.Security.Cryptography;
using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Signing;

/// <summary>Verifies Signature Version 4 as S3 and as all other services do.</summary>
internal sealed class SignatureVerifier(Func<string, SandboxCredential?> lookup, TimeProvider clock)
{
    private const int BufferedLimit = 4 * 1024 * 1024;
    private static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(15);

    /// <summary>Verifies a request; what depends on its body is verified while <see cref="SignedRequest.Body"/> is read.</summary>
    /// <exception cref="SignatureException">The request is not signed, or not by whom it says.</exception>
    public Task<SignedRequest> VerifyAsync(HttpRequest request, CancellationToken ct) => VerifyAsync(request, TimeSpan.Zero, ct);

    /// <summary>Verifies a request of a client to which AWS's clock seems to be off by <paramref name="shift"/>.</summary>
    /// <exception cref="SignatureException">The request is not signed, or not by whom it says.</exception>
    public async Task<SignedRequest> VerifyAsync(HttpRequest request, TimeSpan shift, CancellationToken ct)
    {
        var signature = RequestSignature.Read(request);
        CheckTime(signature, clock.GetUtcNow() + shift);
        var credential = FindCredential(signature);
        if (signature.Scope.Service == "s3")
        {
            CheckHeadersAreSigned(request, signature);
            return VerifyS3(request, signature, credential);
        }

        return await VerifyBufferedAsync(request, signature, credential, ct).ConfigureAwait(false);
    }

    private static void CheckTime(RequestSignature signature, DateTimeOffset now)
    {
        if (signature.ValidFor is { } validFor && now > signature.Time + validFor)
        {
            throw new SignatureException(SignatureFailure.PresignedExpired, "Signature expired: the request is past its end.");
        }

        var age = now - signature.Time;
        if (age < -MaxSkew || (!signature.Presigned && age > MaxSkew))
        {
            throw new SignatureException(SignatureFailure.TimeSkewed, string.Create(CultureInfo.InvariantCulture,
                $"Signature expired: {signature.Timestamp} is more than 15 minutes from {now:yyyyMMdd'T'HHmmss'Z'}."));
        }
    }

    /// <summary>Who a request claims to come from, unverified; null for nobody known.</summary>
    public SandboxPrincipal? Peek(HttpRequest request) =>
        CredentialScope.Peek(request) is { } scope ? lookup(scope.AccessKeyId)?.Principal : null;

    private SandboxCredential FindCredential(RequestSignature signature)
    {
        var credential = lookup(signature.Scope.AccessKeyId);
        if (credential is null || (credential.SessionToken is not null && signature.SessionToken is null))
        {
            throw new SignatureException(SignatureFailure.UnknownKey, "The access key is unknown.");
        }

        if (signature.SessionToken is { } token && !SigningKey.Same(credential.SessionToken ?? "", token))
        {
            throw new SignatureException(SignatureFailure.WrongToken, "The session token is not that of the access key.");
        }

        return credential.Expires <= clock.GetUtcNow()
            ? throw new SignatureException(SignatureFailure.ExpiredToken, "The temporary credentials have expired.")
            : credential;
    }

    private static void CheckHeadersAreSigned(HttpRequest request, RequestSignature signature)
    {
        var unsigned = request.Headers.Select(field => field.Key.ToLowerInvariant())
            .Where(name => name == "host" || name.StartsWith("x-amz-", StringComparison.Ordinal))
            .FirstOrDefault(name => !signature.SignedHeaders.Contains(name));
        if (unsigned is not null)
        {
            throw new SignatureException(SignatureFailure.HeadersNotSigned,
                "There were headers present in the request which were not signed: " + unsigned);
        }
    }

    private static SignedRequest VerifyS3(HttpRequest request, RequestSignature signature, SandboxCredential credential)
    {
        var declared = request.Headers["x-amz-content-sha256"] ?? request.QueryValue("X-Amz-Content-Sha256")
            ?? (signature.Presigned ? PayloadKind.Unsigned : throw new SignatureException(
                SignatureFailure.PayloadHashMissing, "Missing required header for this request: x-amz-content-sha256"));
        var key = VerifyHead(request, signature, credential, declared, encodePathOnce: true);
        var trailers = new HttpHeaders();
        var (body, length) = (declared, request.Body.Remaining) switch
        {
            (PayloadKind.Unsigned, var known) => ((Stream)request.Body, known),
            (PayloadKind.SignedChunks or PayloadKind.SignedChunksAndTrailer, _) =>
                Chunked(request, new ChunkSigner(key, signature), trailers),
            (PayloadKind.UnsignedChunksAndTrailer, _) => Chunked(request, signer: null, trailers),
            (_, var known) when PayloadKind.IsHash(declared) => (new PayloadHashStream(request.Body, declared), known),
            _ => throw new SignatureException(SignatureFailure.PayloadHashInvalid,
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value."),
        };
        return new SignedRequest
        {
            Request = request, Scope = signature.Scope, Credential = credential, Body = body, ContentLength = length,
            Trailers = trailers,
        };
    }

    private static (Stream Body, long? Length) Chunked(HttpRequest request, ChunkSigner? signer, HttpHeaders trailers)
    {
        var announced = (request.Headers["x-amz-trailer"] ?? "").ToLowerInvariant()
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var length = long.TryParse(request.Headers["x-amz-decoded-content-length"], NumberStyles.None,
            CultureInfo.InvariantCulture, out var decoded) ? decoded : (long?)null;
        return (new AwsChunkedStream(request.Body, signer, announced, length, trailers), length);
    }

    private static async Task<SignedRequest> VerifyBufferedAsync(
        HttpRequest request, RequestSignature signature, SandboxCredential credential, CancellationToken ct)
    {
        if (!signature.SignedHeaders.Contains("host"))
        {
            throw new SignatureException(SignatureFailure.HeadersNotSigned, "'Host' must be a 'SignedHeader'.");
        }

        var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await request.Body.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and var count)
        {
            body.Write(buffer, 0, count);
            if (body.Length > BufferedLimit)
            {
                throw new HttpFormatException(413, "The request is too large.");
            }
        }

        var actual = SigningKey.Hex(SHA256.HashData(body.GetBuffer().AsSpan(0, (int)body.Length)));
        VerifyHead(request, signature, credential, actual, encodePathOnce: false);
        body.Position = 0;
        return new SignedRequest
        {
            Request = request, Scope = signature.Scope, Credential = credential, Body = body, ContentLength = body.Length,
        };
    }

    private static SigningKey VerifyHead(
        HttpRequest request, RequestSignature signature, SandboxCredential credential, string payloadHash, bool encodePathOnce)
    {
        var canonical = CanonicalRequest.Build(request, signature.SignedHeaders, payloadHash, encodePathOnce);
        var key = new SigningKey(credential.SecretKey, signature.Scope);
        var expected = key.Sign(
            RequestSignature.Algorithm, signature.Timestamp, signature.Scope.ToString(), SigningKey.Hash(canonical));
        return SigningKey.Same(expected, signature.Signature)
            ? key
            : throw new SignatureException(SignatureFailure.Mismatch, "The canonical request should have been:\n" + canonical);
    }
}
