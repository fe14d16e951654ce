using System.Xml.Linq;
using Runctl.Sandbox.S3.Objects;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Multipart;

/// <summary>ListMultipartUploads.</summary>
internal static class ListUploads
{
    private const int MaxUploads = 1000;

    /// <summary>Answers with one page of a bucket's unfinished uploads.</summary>
    public static Task HandleAsync(S3Call call, CancellationToken ct)
    {
        var bucket = call.Bucket();
        var query = call.Request.QueryValue;
        var encode = ListObjects.Encoder(call);
        var prefix = query("prefix") ?? "";
        var delimiter = query("delimiter") ?? "";
        var limit = Math.Min(call.QueryNumber("max-uploads") ?? MaxUploads, MaxUploads);
        var matching = bucket.Uploads.Snapshot()
            .Where(upload => upload.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        var rest = After(matching, query("key-marker") ?? "", query("upload-id-marker"))
            .Where(upload => ListPage.CommonPrefix(upload.Key, prefix, delimiter) is null).ToList();
        var page = rest.Take(limit).ToList();
        var prefixes = matching.Select(upload => ListPage.CommonPrefix(upload.Key, prefix, delimiter))
            .OfType<string>().Distinct();
        return call.RespondAsync(
            new XElement("ListMultipartUploadsResult",
                new XElement("Bucket", bucket.Name),
                new XElement("KeyMarker", encode(query("key-marker") ?? "")),
                new XElement("UploadIdMarker", query("upload-id-marker") ?? ""),
                new XElement("NextKeyMarker", page.Count > 0 ? encode(page[^1].Key) : ""),
                new XElement("NextUploadIdMarker", page.Count > 0 ? page[^1].Id : ""),
                new XElement("Prefix", encode(prefix)),
                delimiter.Length == 0 ? null : new XElement("Delimiter", encode(delimiter)),
                S3Xml.Optional("EncodingType", query("encoding-type")),
                new XElement("MaxUploads", limit),
                new XElement("IsTruncated", rest.Count > page.Count),
                page.Select(upload => Upload(call, upload, encode)),
                prefixes.Select(common => new XElement("CommonPrefixes", new XElement("Prefix", encode(common))))),
            ct);
    }

    private static IEnumerable<MultipartUpload> After(IReadOnlyList<MultipartUpload> uploads, string key, string? id)
    {
        if (!string.IsNullOrEmpty(id) && uploads.Any(upload => upload.Id == id && upload.Key == key))
        {
            return uploads.SkipWhile(upload => upload.Id != id).Skip(1);
        }

        return uploads.Where(upload => KeyOrder.Instance.Compare(upload.Key, key) > 0);
    }

    private static XElement Upload(S3Call call, MultipartUpload upload, Func<string, string> encode) => new("Upload",
        new XElement("Key", encode(upload.Key)),
        new XElement("UploadId", upload.Id),
        ObjectXml.Owner("Initiator", call.Signed.Principal),
        ObjectXml.Owner("Owner", call.Signed.Principal),
        new XElement("StorageClass", upload.Metadata["x-amz-storage-class"] ?? "STANDARD"),
        new XElement("Initiated", ObjectXml.Time(upload.Initiated)),
        S3Xml.Optional("ChecksumAlgorithm", upload.ChosenAlgorithm?.Name),
        S3Xml.Optional("ChecksumType", upload.ChosenAlgorithm is null ? null : upload.ChecksumType));
}
