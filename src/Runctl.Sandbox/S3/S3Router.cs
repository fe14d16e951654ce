using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3.Buckets;
using Runctl.Sandbox.S3.Multipart;
using Runctl.Sandbox.S3.Objects;

namespace Runctl.Sandbox.S3;

/// <summary>Finds the operation a request means: by its method, what its address names, and its sub-resource.</summary>
internal static class S3Router
{
    // Query parameters that turn a request into another operation. Those without an entry below are not implemented, and
    // must not be taken for the plain operation: PUT ?tagging would overwrite the object.
    private static readonly string[] SubResources =
    [
        "accelerate", "acl", "analytics", "attributes", "cors", "delete", "encryption", "intelligent-tiering", "inventory",
        "legal-hold", "lifecycle", "location", "logging", "metadataConfiguration", "metadataTable", "metrics", "notification",
        "object-lock", "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "renameObject", "replication",
        "requestPayment", "restore", "retention", "select", "session", "tagging", "torrent", "uploadId", "uploads",
        "versionId", "versioning", "versions", "website",
    ];

    private static readonly Dictionary<string, S3Operation> Operations = new(StringComparer.Ordinal)
    {
        ["GET /"] = new("ListBuckets", BucketOperations.ListAsync),
        ["PUT bucket"] = new("CreateBucket", BucketOperations.CreateAsync),
        ["HEAD bucket"] = new("HeadBucket", BucketOperations.HeadAsync),
        ["DELETE bucket"] = new("DeleteBucket", BucketOperations.DeleteAsync),
        ["GET bucket?location"] = new("GetBucketLocation", BucketOperations.LocationAsync),
        ["GET bucket"] = new("ListObjectsV2", ListObjects.HandleAsync),
        ["POST bucket?delete"] = new("DeleteObjects", DeleteObjects.HandleAsync),
        ["GET bucket?uploads"] = new("ListMultipartUploads", ListUploads.HandleAsync),
        ["PUT key"] = new("PutObject", PutObject.HandleAsync),
        ["GET key"] = new("GetObject", GetObject.HandleAsync),
        ["HEAD key"] = new("HeadObject", GetObject.HandleAsync),
        ["DELETE key"] = new("DeleteObject", DeleteObject.HandleAsync),
        ["POST key?uploads"] = new("CreateMultipartUpload", CreateUpload.HandleAsync),
        ["PUT key?uploadId"] = new("UploadPart", UploadPart.HandleAsync),
        ["GET key?uploadId"] = new("ListParts", ListParts.HandleAsync),
        ["POST key?uploadId"] = new("CompleteMultipartUpload", CompleteUpload.HandleAsync),
        ["DELETE key?uploadId"] = new("AbortMultipartUpload", AbortUpload.HandleAsync),
    };

    private static readonly S3Operation Copy = new("CopyObject", CopyObject.HandleAsync);

    /// <summary>Finds the operation.</summary>
    /// <exception cref="S3Exception">There is none.</exception>
    public static S3Operation Find(HttpRequest request, S3Address address)
    {
        var (name, copy) = NameOf(request, address);
        if (copy && name is not ("PUT key" or "PUT key?uploadId"))
        {
            throw S3Errors.NotImplemented(name + " with x-amz-copy-source");
        }

        return Lookup(name, copy)
            ?? throw (!name.Contains('?', StringComparison.Ordinal) && !name.EndsWith("bucket", StringComparison.Ordinal)
                ? S3Errors.MethodNotAllowed(request.Method)
                : S3Errors.NotImplemented(name));
    }

    /// <summary>What a request is called and its key; "" for what is no operation.</summary>
    public static (string Operation, string? Key) Describe(HttpRequest request)
    {
        try
        {
            var address = S3Address.Read(request);
            var (name, copy) = NameOf(request, address);
            return (copy && name == "PUT key?uploadId" ? "UploadPartCopy" : Lookup(name, copy)?.Name ?? "", address.Key);
        }
        catch (HttpFormatException)
        {
            return ("", null);
        }
    }

    private static S3Operation? Lookup(string name, bool copy) =>
        copy && name == "PUT key" ? Copy : Operations.GetValueOrDefault(name);

    private static (string Name, bool Copy) NameOf(HttpRequest request, S3Address address)
    {
        var target = address switch { { Bucket: null } => "/", { Key: null } => "bucket", _ => "key" };
        var subResource = SubResources.FirstOrDefault(request.HasQuery);
        var copy = request.Method == "PUT" && target == "key" && request.Headers.Contains("x-amz-copy-source");
        return (request.Method + " " + target + (subResource is null ? "" : "?" + subResource), copy);
    }
}
