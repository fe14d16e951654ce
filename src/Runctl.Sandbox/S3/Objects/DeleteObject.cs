using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Objects;

/// <summary>DeleteObject.</summary>
internal static class DeleteObject
{
    /// <summary>Removes a key; the answer is the same where it was not there.</summary>
    public static Task HandleAsync(S3Call call, CancellationToken ct)
    {
        var bucket = call.Bucket();
        bucket.Delete(call.Key, WriteCondition.Read(call.Option));
        // Object Lock needs versions: what is deleted without naming one stays below a marker.
        return call.RespondAsync(204, bucket.Rules.ObjectLock ? [new("x-amz-delete-marker", "true")] : [], ct);
    }
}
