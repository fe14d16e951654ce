using System.Globalization;
using Runctl.Sandbox.S3.Buckets;
using Runctl.Sandbox.S3.Checksums;
using Runctl.Sandbox.S3.Objects;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Multipart;

/// <summary>UploadPart and UploadPartCopy.</summary>
internal static class UploadPart
{
    private const int MaxPartNumber = 10_000;

    /// <summary>Puts a part in its place.</summary>
    public static async Task HandleAsync(S3Call call, CancellationToken ct)
    {
        var number = PartNumber(call);
        var uploadId = call.Request.QueryValue("uploadId")!;
        var bucket = call.Bucket();
        var upload = bucket.Uploads.Get(uploadId, call.Key);
        var copies = call.Request.Headers.Contains("x-amz-copy-source");
        var content = WriteRules.Veiled(
            copies ? await CopyAsync(call, upload, ct).ConfigureAwait(false) : await ReceiveAsync(call, upload, bucket.Rules, ct).ConfigureAwait(false),
            upload.Metadata);
        var part = new UploadedPart(number, content, call.State.Clock.GetUtcNow());
        try
        {
            bucket.Uploads.PutPart(uploadId, call.Key, part);
        }
        catch (S3Exception)
        {
            ContentStore.Delete([content.Segment]);
            throw;
        }

        var checksum = StoredChecksum.Of(content.Algorithm, content.Checksum);
        await (copies
            ? call.RespondAsync(CopyObject.Result("CopyPartResult", content.ETag, part.Modified, checksum), ct)
            : call.RespondAsync(
                200, [new("ETag", ObjectXml.Quote(content.ETag)), new(checksum.Algorithm.Header, checksum.Value)], ct))
            .ConfigureAwait(false);
    }

    private static int PartNumber(S3Call call) =>
        call.QueryNumber("partNumber") is >= 1 and <= MaxPartNumber and { } number
            ? number
            : throw S3Errors.InvalidPartNumber(call.Request.QueryValue("partNumber"));

    private static async Task<StoredContent> ReceiveAsync(S3Call call, MultipartUpload upload, SandboxBucketRules rules, CancellationToken ct)
    {
        var declared = ChecksumDeclaration.Read(call.Option);
        WriteRules.DemandChecksum(rules, declared, "Put Part");
        // Parts may only bring the checksum their upload chose, and none where it chose none.
        if (declared.Algorithm is { } algorithm && algorithm != upload.ChosenAlgorithm)
        {
            var expected = upload.ChosenAlgorithm?.Name.ToLowerInvariant() ?? "null";
            throw S3Errors.InvalidRequest($"Checksum Type mismatch occurred, expected checksum Type: {expected}, "
                + $"actual checksum Type: {algorithm.Name.ToLowerInvariant()}");
        }

        PutObject.CheckLength(call);
        using var digest = new ContentDigest(declared, upload.Algorithm);
        return await call.State.Content.WriteAsync(call.Signed.Body, call.Signed.Trailers, digest, ct).ConfigureAwait(false);
    }

    private static async Task<StoredContent> CopyAsync(S3Call call, MultipartUpload upload, CancellationToken ct)
    {
        var (source, reader) = CopySource.Open(call);
        using (reader)
        {
            var header = call.Option("x-amz-copy-source-range");
            var range = ByteRange.Read(header, source.Length) ?? new ByteRange(0, source.Length);
            if (header is not null && header != string.Create(CultureInfo.InvariantCulture,
                $"bytes={range.Offset}-{range.Offset + range.Length - 1}"))
            {
                throw S3Errors.InvalidArgument(
                    "Range specified is not valid for source object", "x-amz-copy-source-range", header);
            }

            using var digest = new ContentDigest(ChecksumDeclaration.None, upload.Algorithm);
            return await call.State.Content.WriteAsync(
                (target, token) => reader.CopyToAsync(target, range.Offset, range.Length, token), [], digest, ct)
                .ConfigureAwait(false);
        }
    }
}
