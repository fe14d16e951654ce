using Runctl.Sandbox.Http;

namespace Runctl.Sandbox.Signing;

/// <summary>A request whose signature was verified; its body is verified while it is read.</summary>
internal sealed class SignedRequest
{
    /// <summary>The request as it came.</summary>
    public required HttpRequest Request { get; init; }

    /// <summary>Service and region the signature is good for.</summary>
    public required CredentialScope Scope { get; init; }

    /// <summary>The key it was signed with.</summary>
    public required SandboxCredential Credential { get; init; }

    /// <summary>
    /// The content: decoded where it came as aws-chunked, and throwing <see cref="SignatureException"/> where it is not what
    /// was signed. Small requests of services other than S3 have been read and verified already.
    /// </summary>
    public required Stream Body { get; init; }

    /// <summary>Length of the content where the client declared it.</summary>
    public required long? ContentLength { get; init; }

    /// <summary>Trailer fields; complete once the body was read to its end.</summary>
    public HttpHeaders Trailers { get; init; } = [];

    /// <summary>Who signed.</summary>
    public SandboxPrincipal Principal => Credential.Principal;
}
