using System.Xml.Linq;
using Runctl.Sandbox.S3.Checksums;
using Runctl.Sandbox.S3.Objects;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Multipart;

/// <summary>ListParts.</summary>
internal static class ListParts
{
    private const int MaxParts = 1000;

    /// <summary>Answers with one page of an upload's parts.</summary>
    public static Task HandleAsync(S3Call call, CancellationToken ct)
    {
        var bucket = call.Bucket();
        var uploadId = call.Request.QueryValue("uploadId")!;
        var upload = bucket.Uploads.Get(uploadId, call.Key);
        var marker = call.QueryNumber("part-number-marker") ?? 0;
        var limit = Math.Min(call.QueryNumber("max-parts") ?? MaxParts, MaxParts);
        var rest = bucket.Uploads.Parts(uploadId, call.Key).Where(part => part.Number > marker).ToList();
        var page = rest.Take(limit).ToList();
        return call.RespondAsync(
            new XElement("ListPartsResult",
                new XElement("Bucket", bucket.Name),
                new XElement("Key", ListObjects.Encoder(call)(call.Key)),
                new XElement("UploadId", uploadId),
                ObjectXml.Owner("Initiator", call.Signed.Principal),
                ObjectXml.Owner("Owner", call.Signed.Principal),
                new XElement("StorageClass", upload.Metadata["x-amz-storage-class"] ?? "STANDARD"),
                new XElement("PartNumberMarker", marker),
                new XElement("NextPartNumberMarker", page.Count > 0 ? page[^1].Number : 0),
                new XElement("MaxParts", limit),
                new XElement("IsTruncated", rest.Count > page.Count),
                new XElement("ChecksumAlgorithm", upload.Algorithm.Name),
                new XElement("ChecksumType", upload.ChecksumType),
                page.Select(Part)),
            ct);
    }

    private static XElement Part(UploadedPart part)
    {
        var checksum = StoredChecksum.Of(part.Content.Algorithm, part.Content.Checksum);
        return new XElement("Part",
            new XElement("PartNumber", part.Number),
            new XElement("LastModified", ObjectXml.Time(part.Modified)),
            new XElement("ETag", ObjectXml.Quote(part.Content.ETag)),
            new XElement(checksum.Algorithm.Element, checksum.Value),
            new XElement("Size", part.Content.Segment.Length));
    }
}
