using Runctl.Sandbox.Http;
using Runctl.Sandbox.Policies;

namespace Runctl.Sandbox.S3;

/// <summary>The permissions that a request to S3 needs, by the name of its operation.</summary>
internal static class S3Access
{
    private const string KeyHeader = "x-amz-server-side-encryption-aws-kms-key-id";

    /// <summary>Whether a key may be known to be missing: S3 asks for ListBucket with the key as prefix.</summary>
    public static AccessRequest Missing(string bucket, string key) => new AccessRequest("s3:ListBucket", Arns.Bucket(bucket)).With("s3:prefix", key);

    /// <summary>Deleting one of several keys.</summary>
    public static AccessRequest Delete(string bucket, string key) => new("s3:DeleteObject", Arns.Object(bucket, key));

    /// <summary>The permissions of an operation.</summary>
    public static IEnumerable<AccessRequest> Of(string operation, S3Call call)
    {
        var bucket = Arns.Bucket(call.BucketName);
        var key = Arns.Object(call.BucketName, call.Key);
        return operation switch
        {
            "ListBuckets" => [new("s3:ListAllMyBuckets", "*")],
            "HeadBucket" => [new("s3:ListBucket", bucket)],
            "ListObjectsV2" => [List(call.Request, bucket)],
            "ListMultipartUploads" => [new("s3:ListBucketMultipartUploads", bucket)],
            "CreateBucket" or "DeleteBucket" or "GetBucketLocation" => [new("s3:" + operation, bucket)],
            // Each key has an answer of its own.
            "DeleteObjects" => [],
            "ListParts" => [new("s3:ListMultipartUploadParts", key)],
            "AbortMultipartUpload" => [new("s3:AbortMultipartUpload", key)],
            "GetObject" or "HeadObject" => [new("s3:GetObject", key), .. Decrypt(call, call.BucketName, call.Key)],
            "DeleteObject" => [new("s3:DeleteObject", key)],
            "CopyObject" => [.. Write(call, key), .. Source(call)],
            _ => Write(call, key),
        };
    }

    /// <summary>The key of KMS that a write names.</summary>
    public static string? KmsKey(HttpHeaders headers) => headers[KeyHeader];

    private static AccessRequest List(HttpRequest request, string bucket) => new AccessRequest("s3:ListBucket", bucket)
        .With("s3:prefix", Value(request, "prefix")).With("s3:delimiter", Value(request, "delimiter")).With("s3:max-keys", Value(request, "max-keys"));

    private static IReadOnlyList<string>? Value(HttpRequest request, string name) => request.QueryValue(name) is { } value ? [value] : null;

    private static IEnumerable<AccessRequest> Write(S3Call call, string key)
    {
        yield return new AccessRequest("s3:PutObject", key);
        if (call.Option("If-Match") is not null)
        {
            yield return new AccessRequest("s3:GetObject", key);
        }

        if (KmsKey(call.Request.Headers) is { } kms)
        {
            yield return Key("kms:GenerateDataKey", kms, call);
            yield return Key("kms:Decrypt", kms, call);
        }
    }

    private static IEnumerable<AccessRequest> Source(S3Call call)
    {
        var path = UrlCoding.Decode(call.Request.Headers["x-amz-copy-source"]!.Split('?')[0], plusIsSpace: false).TrimStart('/').Split('/', 2);
        return path.Length < 2 ? [] : [new("s3:GetObject", Arns.Object(path[0], path[1])), .. Decrypt(call, path[0], path[1])];
    }

    private static IEnumerable<AccessRequest> Decrypt(S3Call call, string bucket, string key) =>
        call.State.Buckets.Find(bucket)?.Find(key) is { } found && KmsKey(found.Metadata) is { } kms ? [Key("kms:Decrypt", kms, call)] : [];

    private static AccessRequest Key(string action, string key, S3Call call)
    {
        var region = call.Signed.Scope.Region;
        var arn = key.StartsWith("arn:", StringComparison.Ordinal) ? key : $"arn:aws:kms:{region}:{call.Signed.Principal.Account}:key/{key}";
        return new AccessRequest(action, arn).With("kms:ViaService", $"s3.{region}.amazonaws.com");
    }
}
