namespace Runctl.Sandbox.Signing;

/// <summary>The same failure in the words of each service.</summary>
internal static class SignatureErrors
{
    private const string Mismatch =
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.";

    private const string InvalidToken = "The security token included in the request is invalid.";
    private const string ExpiredToken = "The security token included in the request is expired";

    /// <summary>Renders a failure.</summary>
    public static ServiceError For(SignatureException exception, ServiceDialect dialect) => dialect switch
    {
        ServiceDialect.S3 => ForS3(exception),
        ServiceDialect.Ec2 => ForEc2(exception),
        ServiceDialect.Json => ForJson(exception),
        _ => ForQuery(exception),
    };

    private static ServiceError ForS3(SignatureException e) => e.Failure switch
    {
        SignatureFailure.Missing => new(403, "AccessDenied", "Access Denied"),
        SignatureFailure.OldVersion => new(400, "InvalidRequest", e.Message),
        SignatureFailure.Incomplete => new(400, "AuthorizationHeaderMalformed", e.Message),
        SignatureFailure.HeadersNotSigned => new(403, "AccessDenied", e.Message),
        SignatureFailure.UnknownKey =>
            new(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
        SignatureFailure.WrongToken =>
            new(400, "InvalidToken", "The provided token is malformed or otherwise invalid."),
        SignatureFailure.ExpiredToken => new(400, "ExpiredToken", "The provided token has expired."),
        SignatureFailure.TimeSkewed =>
            new(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
        SignatureFailure.PresignedExpired => new(403, "AccessDenied", "Request has expired"),
        SignatureFailure.PayloadHashMissing => new(400, "InvalidRequest", e.Message),
        SignatureFailure.PayloadHashInvalid => new(400, "InvalidArgument", e.Message),
        SignatureFailure.PayloadMismatch => new(400, "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed."),
        SignatureFailure.ChunkTooSmall => new(403, "InvalidChunkSizeError", e.Message),
        SignatureFailure.MalformedTrailer => new(400, "MalformedTrailerError", e.Message),
        _ => new(403, "SignatureDoesNotMatch", Mismatch),
    };

    private static ServiceError ForQuery(SignatureException e) => e.Failure switch
    {
        SignatureFailure.Missing => new(403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
        SignatureFailure.Incomplete => new(400, "IncompleteSignature", e.Message),
        SignatureFailure.UnknownKey or SignatureFailure.WrongToken => new(403, "InvalidClientTokenId", InvalidToken),
        SignatureFailure.ExpiredToken => new(403, "ExpiredToken", ExpiredToken),
        SignatureFailure.TimeSkewed or SignatureFailure.PresignedExpired or SignatureFailure.HeadersNotSigned =>
            new(403, "SignatureDoesNotMatch", e.Message),
        _ => new(403, "SignatureDoesNotMatch", Mismatch),
    };

    private static ServiceError ForEc2(SignatureException e) => e.Failure switch
    {
        SignatureFailure.Missing or SignatureFailure.Incomplete => ForQuery(e),
        SignatureFailure.UnknownKey or SignatureFailure.WrongToken =>
            new(401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
        SignatureFailure.ExpiredToken or SignatureFailure.TimeSkewed or SignatureFailure.PresignedExpired =>
            new(400, "RequestExpired", "Request has expired."),
        _ => ForQuery(e),
    };

    private static ServiceError ForJson(SignatureException e) => e.Failure switch
    {
        SignatureFailure.Missing => new(400, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        SignatureFailure.Incomplete => new(400, "IncompleteSignatureException", e.Message),
        SignatureFailure.UnknownKey or SignatureFailure.WrongToken =>
            new(400, "UnrecognizedClientException", InvalidToken),
        SignatureFailure.ExpiredToken => new(400, "ExpiredTokenException", ExpiredToken),
        SignatureFailure.TimeSkewed or SignatureFailure.PresignedExpired or SignatureFailure.HeadersNotSigned =>
            new(400, "InvalidSignatureException", e.Message),
        _ => new(400, "InvalidSignatureException", Mismatch),
    };
}
