namespace Runctl.Sandbox.Signing;

/// <summary>Why a request is not taken as signed.</summary>
internal enum SignatureFailure
{
    /// <summary>It carries no signature at all.</summary>
    Missing,

    /// <summary>It is signed with the version before this one, which new buckets never took.</summary>
    OldVersion,

    /// <summary>Parts of the signature are missing or malformed.</summary>
    Incomplete,

    /// <summary>A header that must be signed is not.</summary>
    HeadersNotSigned,

    /// <summary>The key is unknown, or is temporary and came without its token.</summary>
    UnknownKey,

    /// <summary>The session token is not the key's.</summary>
    WrongToken,

    /// <summary>The temporary credentials are past their end.</summary>
    ExpiredToken,

    /// <summary>The request's clock is more than 15 minutes from ours.</summary>
    TimeSkewed,

    /// <summary>A presigned URL is past its end.</summary>
    PresignedExpired,

    /// <summary>The signature is not the one we compute, over the request, a chunk or the trailer.</summary>
    Mismatch,

    /// <summary>No x-amz-content-sha256 where it is required.</summary>
    PayloadHashMissing,

    /// <summary>x-amz-content-sha256 is neither a hash nor a known marker.</summary>
    PayloadHashInvalid,

    /// <summary>The body has another hash than was signed.</summary>
    PayloadMismatch,

    /// <summary>A signed chunk before the last one is under 8 KiB.</summary>
    ChunkTooSmall,

    /// <summary>The announced trailer did not come, or another one did.</summary>
    MalformedTrailer,
}
