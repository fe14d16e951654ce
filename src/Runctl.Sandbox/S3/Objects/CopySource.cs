using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Objects;

/// <summary>The object that x-amz-copy-source names.</summary>
internal static class CopySource
{
    /// <summary>Opens it, where the conditions of the request hold.</summary>
    /// <exception cref="S3Exception">It is not there, or has changed.</exception>
    public static (StoredObject Object, SegmentReader Content) Open(S3Call call)
    {
        var header = call.Request.Headers["x-amz-copy-source"]!;
        var path = UrlCoding.Decode(header.Split('?')[0], plusIsSpace: false).TrimStart('/').Split('/', 2);
        if (path.Length != 2 || path[1].Length == 0)
        {
            throw S3Errors.InvalidArgument("Invalid copy source object key", "x-amz-copy-source", header);
        }

        var bucket = call.State.Buckets.Find(path[0]) ?? throw S3Errors.NoSuchBucket(path[0]);
        var opened = bucket.Open(path[1]) ?? throw call.Missing(path[1]);
        try
        {
            ReadCondition.Check(opened.Object, call.Option, prefix: "x-amz-copy-source-");
            return opened;
        }
        catch (S3Exception)
        {
            opened.Content.Dispose();
            throw;
        }
    }
}
