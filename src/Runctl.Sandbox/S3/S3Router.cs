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

    private static readonly Dictionary<string, Func<S3Call, CancellationToken, Task>> Operations = new(StringComparer.Ordinal)
    {
        ["GET /"] = BucketOperations.ListAsync,
        ["PUT bucket"] = BucketOperations.CreateAsync,
        ["HEAD bucket"] = BucketOperations.HeadAsync,
        ["DELETE bucket"] = BucketOperations.DeleteAsync,
        ["GET bucket?location"] = BucketOperations.LocationAsync,
        ["GET bucket"] = ListObjects.HandleAsync,
        ["POST bucket?delete"] = DeleteObjects.HandleAsync,
        ["GET bucket?uploads"] = ListUploads.HandleAsync,
        ["PUT key"] = PutObject.HandleAsync,
        ["GET key"] = GetObject.HandleAsync,
        ["HEAD key"] = GetObject.HandleAsync,
        ["DELETE key"] = DeleteObject.HandleAsync,
        ["POST key?uploads"] = CreateUpload.HandleAsync,
        ["PUT key?uploadId"] = UploadPart.HandleAsync,
        ["GET key?uploadId"] = ListParts.HandleAsync,
        ["POST key?uploadId"] = CompleteUpload.HandleAsync,
        ["DELETE key?uploadId"] = AbortUpload.HandleAsync,
    };

    /// <summary>Finds the operation.</summary>
    /// <exception cref="S3Exception">There is none.</exception>
    public static Func<S3Call, CancellationToken, Task> Find(HttpRequest request, S3Address address)
    {
        var target = address switch { { Bucket: null } => "/", { Key: null } => "bucket", _ => "key" };
        var subResource = SubResources.FirstOrDefault(request.HasQuery);
        var copy = request.Method == "PUT" && target == "key" && request.Headers.Contains("x-amz-copy-source");
        if (copy && subResource is null)
        {
            return CopyObject.HandleAsync;
        }

        var name = request.Method + " " + target + (subResource is null ? "" : "?" + subResource);
        if (copy && name != "PUT key?uploadId")
        {
            throw S3Errors.NotImplemented(name + " with x-amz-copy-source");
        }

        if (Operations.TryGetValue(name, out var operation))
        {
            return operation;
        }

        throw subResource is null && target != "bucket"
            ? S3Errors.MethodNotAllowed(request.Method)
            : S3Errors.NotImplemented(name);
    }
}
