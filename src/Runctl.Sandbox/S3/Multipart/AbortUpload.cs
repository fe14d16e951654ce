namespace Runctl.Sandbox.S3.Multipart;

/// <summary>AbortMultipartUpload.</summary>
internal static class AbortUpload
{
    /// <summary>Ends an upload; its parts are gone.</summary>
    public static Task HandleAsync(S3Call call, CancellationToken ct)
    {
        call.Bucket().Uploads.Abort(call.Request.QueryValue("uploadId")!, call.Key);
        return call.RespondAsync(204, [], ct);
    }
}
