using System.Globalization;
using System.Xml.Linq;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3.Checksums;
using Runctl.Sandbox.S3.Objects;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Multipart;

/// <summary>CompleteMultipartUpload.</summary>
internal static class CompleteUpload
{
    /// <summary>Makes the object of the parts visible, all at once.</summary>
    public static async Task HandleAsync(S3Call call, CancellationToken ct)
    {
        var bucket = call.Bucket();
        var uploadId = call.Request.QueryValue("uploadId")!;
        var condition = WriteCondition.Read(call.Option);
        if (bucket.Uploads.Completed(uploadId, call.Key) is { } done)
        {
            await RespondAsync(call, done, ct).ConfigureAwait(false);
            return;
        }

        bucket.Uploads.Get(uploadId, call.Key);
        var begun = bucket.Begin(call.Key, condition);
        var listed = await ReadAsync(call, ct).ConfigureAwait(false);
        try
        {
            var completed = bucket.Uploads.Complete(uploadId, call.Key, upload =>
            {
                var parts = UploadAssembly.Select(upload, listed);
                var assembled = UploadAssembly.Assemble(upload, parts, call.State.Clock.GetUtcNow());
                Verify(call, upload, assembled);
                bucket.Put(assembled, condition, begun);
                return assembled;
            });
            await RespondAsync(call, completed, ct).ConfigureAwait(false);
        }
        catch (S3Exception e) when (e.Error.Status == 409)
        {
            // S3 drops the upload: after a conflict every part has to be sent again.
            bucket.Uploads.Abort(uploadId, call.Key);
            throw;
        }
    }

    private static async Task<IReadOnlyList<CompletedPart>> ReadAsync(S3Call call, CancellationToken ct)
    {
        // The checksum headers of this request are the object's, not those of the list in its body.
        using var document = new MemoryStream();
        await call.Signed.Body.CopyToAsync(document, ct).ConfigureAwait(false);
        return CompletedPart.ReadAll(document.ToArray());
    }

    private static void Verify(S3Call call, MultipartUpload upload, StoredObject assembled)
    {
        if (call.Option("x-amz-checksum-type") is { } type && type != upload.ChecksumType)
        {
            throw S3Errors.InvalidRequest($"The upload was created using the {upload.ChecksumType} checksum mode. "
                + "The complete request must use the same checksum mode.");
        }

        if (call.Option("x-amz-mp-object-size") is { } size
            && size != assembled.Length.ToString(CultureInfo.InvariantCulture))
        {
            throw S3Errors.InvalidRequest("The provided 'x-amz-mp-object-size' header does not match what was computed.");
        }

        foreach (var algorithm in ChecksumAlgorithm.All)
        {
            if (call.Option(algorithm.Header) is not { } declared)
            {
                continue;
            }

            if (algorithm != assembled.Checksum.Algorithm || declared != assembled.Checksum.Value)
            {
                throw S3Errors.BadDigest(algorithm.Name);
            }
        }
    }

    private static Task RespondAsync(S3Call call, StoredObject completed, CancellationToken ct)
    {
        var host = call.Request.Headers["Host"] ?? "localhost";
        return call.RespondAsync(
            new XElement("CompleteMultipartUploadResult",
                new XElement("Location", $"http://{host}/{call.BucketName}/{UrlCoding.Encode(call.Key)}"),
                new XElement("Bucket", call.BucketName),
                new XElement("Key", call.Key),
                new XElement("ETag", ObjectXml.Quote(completed.ETag)),
                new XElement(completed.Checksum.Algorithm.Element, completed.Checksum.Value),
                new XElement("ChecksumType", completed.Checksum.Type)),
            ct);
    }
}
