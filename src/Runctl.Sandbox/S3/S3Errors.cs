using System.Globalization;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.S3;

/// <summary>The errors of S3, in its words.</summary>
internal static class S3Errors
{
    public static S3Exception AccessDenied(string message = "Access Denied") => New(403, "AccessDenied", message);

    public static S3Exception BadDigest(string what) => New(400, "BadDigest", what == "Content-MD5"
        ? "The Content-MD5 you specified did not match what we received."
        : $"The {what} you specified did not match the calculated checksum.");

    public static S3Exception BucketAlreadyOwnedByYou(string bucket) => New(409, "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.", ("BucketName", bucket));

    public static S3Exception BucketNotEmpty(string bucket) =>
        New(409, "BucketNotEmpty", "The bucket you tried to delete is not empty", ("BucketName", bucket));

    public static S3Exception ConditionalRequestConflict() => New(409, "ConditionalRequestConflict",
        "The conditional request cannot succeed due to a conflicting operation against this resource.");

    public static S3Exception EntityTooLarge(long size, long limit) => New(400, "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size", ("ProposedSize", Text(size)), ("MaxSizeAllowed", Text(limit)));

    public static S3Exception EntityTooSmall(int part, long size, long limit, string etag) => New(400, "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed size",
        ("ProposedSize", Text(size)), ("MinSizeAllowed", Text(limit)), ("PartNumber", Text(part)), ("ETag", etag));

    public static S3Exception IllegalLocationConstraint(string constraint) => New(400, "IllegalLocationConstraintException",
        $"The {constraint} location constraint is incompatible for the region specific endpoint this request was sent to.");

    public static S3Exception IncompleteBody() => New(400, "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header");

    public static S3Exception InvalidArgument(string message, string name, string? value) => New(400, "InvalidArgument",
        message, ("ArgumentName", name), ("ArgumentValue", value ?? ""));

    public static S3Exception InvalidBucketName(string bucket) =>
        New(400, "InvalidBucketName", "The specified bucket is not valid.", ("BucketName", bucket));

    public static S3Exception InvalidDigest() => New(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");

    public static S3Exception InvalidLocationConstraint(string constraint) => New(400, "InvalidLocationConstraint",
        "The specified location-constraint is not valid", ("LocationConstraint", constraint));

    public static S3Exception InvalidPart(string uploadId, int part) => New(400, "InvalidPart",
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified "
        + "entity tag may not match the part's entity tag.", ("UploadId", uploadId), ("PartNumber", Text(part)));

    public static S3Exception InvalidPartNumber(string? value) => InvalidArgument(
        "Part number must be an integer between 1 and 10000, inclusive", "partNumber", value);

    public static S3Exception InvalidPartOrder(string uploadId) => New(400, "InvalidPartOrder",
        "The list of parts was not in ascending order. Parts must be ordered by part number.", ("UploadId", uploadId));

    public static S3Exception InvalidRange(string range, long length) => New(416, "InvalidRange",
        "The requested range is not satisfiable", ("RangeRequested", range), ("ActualObjectSize", Text(length)));

    public static S3Exception InvalidRequest(string message) => New(400, "InvalidRequest", message);

    public static S3Exception KeyTooLong(int size) => New(400, "KeyTooLongError", "Your key is too long",
        ("Size", Text(size)), ("MaxSizeAllowed", "1024"));

    public static S3Exception MalformedXml() => New(400, "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema");

    public static S3Exception MetadataTooLarge(int size) => New(400, "MetadataTooLarge",
        "Your metadata headers exceed the maximum allowed metadata size", ("Size", Text(size)), ("MaxSizeAllowed", "2048"));

    public static S3Exception MethodNotAllowed(string method) => New(405, "MethodNotAllowed",
        "The specified method is not allowed against this resource.", ("Method", method));

    public static S3Exception MissingContentLength() =>
        New(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");

    public static S3Exception NoSuchBucket(string bucket) =>
        New(404, "NoSuchBucket", "The specified bucket does not exist", ("BucketName", bucket));

    public static S3Exception NoSuchKey(string key) =>
        New(404, "NoSuchKey", "The specified key does not exist.", ("Key", key));

    public static S3Exception NoSuchUpload(string uploadId) => New(404, "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
        ("UploadId", uploadId));

    public static S3Exception NotImplemented(string operation) => New(501, "NotImplemented",
        $"A header or operation you provided implies functionality that is not implemented: {operation}");

    public static S3Exception PreconditionFailed(string condition) => New(412, "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold", ("Condition", condition));

    public static S3Exception WrongRegion(string wrong, string right) => New(400, "AuthorizationHeaderMalformed",
        $"The authorization header is malformed; the region '{wrong}' is wrong; expecting '{right}'", ("Region", right));

    private static S3Exception New(int status, string code, string message, params (string Name, string Value)[] details) =>
        new(new ServiceError(status, code, message),
            details.Select(detail => KeyValuePair.Create(detail.Name, detail.Value)).ToList());

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
