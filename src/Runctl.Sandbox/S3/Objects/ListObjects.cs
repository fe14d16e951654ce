using System.Text;
using System.Xml.Linq;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Objects;

/// <summary>ListObjectsV2 and its forerunner.</summary>
internal static class ListObjects
{
    private const int MaxKeys = 1000;

    /// <summary>Answers with one page.</summary>
    public static Task HandleAsync(S3Call call, CancellationToken ct)
    {
        var bucket = call.Bucket();
        var version2 = call.Request.QueryValue("list-type") == "2";
        var encode = Encoder(call);
        var prefix = call.Request.QueryValue("prefix") ?? "";
        var delimiter = call.Request.QueryValue("delimiter") ?? "";
        var limit = Math.Min(call.QueryNumber("max-keys") ?? MaxKeys, MaxKeys);
        var token = call.Request.QueryValue("continuation-token");
        var after = version2
            ? token is null ? call.Request.QueryValue("start-after") ?? "" : ReadToken(token)
            : call.Request.QueryValue("marker") ?? "";
        var withOwner = !version2 || call.Request.QueryValue("fetch-owner") == "true";
        var page = ListPage.Cut(bucket.Snapshot(), prefix, delimiter, after, limit);
        return call.RespondAsync(
            new XElement("ListBucketResult",
                new XElement("Name", bucket.Name),
                new XElement("Prefix", encode(prefix)),
                version2 ? Version2(call, page, token, encode) : Version1(call, page, delimiter, encode),
                new XElement("MaxKeys", limit),
                delimiter.Length == 0 ? null : new XElement("Delimiter", encode(delimiter)),
                S3Xml.Optional("EncodingType", call.Request.QueryValue("encoding-type")),
                new XElement("IsTruncated", page.IsTruncated),
                page.Objects.Select(item => Contents(call, item, encode, withOwner)),
                page.Prefixes.Select(common => new XElement("CommonPrefixes", new XElement("Prefix", encode(common))))),
            ct);
    }

    /// <summary>How names are written: as they are, or percent-encoded for clients whose XML reader is strict.</summary>
    public static Func<string, string> Encoder(S3Call call) => call.Request.QueryValue("encoding-type") switch
    {
        null or "" => name => name,
        "url" => name => UrlCoding.Encode(name, keep: "/"),
        var other => throw S3Errors.InvalidArgument("Invalid Encoding Method specified in Request", "encoding-type", other),
    };

    private static IEnumerable<XElement?> Version2(S3Call call, ListPage page, string? token, Func<string, string> encode) =>
    [
        S3Xml.Optional("StartAfter", call.Request.QueryValue("start-after") is { } after ? encode(after) : null),
        S3Xml.Optional("ContinuationToken", token),
        S3Xml.Optional("NextContinuationToken", page.IsTruncated ? WriteToken(page.Last!) : null),
        new XElement("KeyCount", page.Objects.Count + page.Prefixes.Count),
    ];

    private static IEnumerable<XElement?> Version1(S3Call call, ListPage page, string delimiter, Func<string, string> encode) =>
    [
        new XElement("Marker", encode(call.Request.QueryValue("marker") ?? "")),
        // Without a delimiter the last key of the page is the next marker, and S3 does not repeat it.
        S3Xml.Optional("NextMarker", page.IsTruncated && delimiter.Length > 0 ? encode(page.Last!) : null),
    ];

    private static XElement Contents(
        S3Call call, StoredObject item, Func<string, string> encode, bool withOwner) => new("Contents",
        new XElement("Key", encode(item.Key)),
        new XElement("LastModified", ObjectXml.Time(item.Modified)),
        new XElement("ETag", ObjectXml.Quote(item.ETag)),
        new XElement("ChecksumAlgorithm", item.Checksum.Algorithm.Name),
        new XElement("ChecksumType", item.Checksum.Type),
        new XElement("Size", item.Length),
        withOwner ? ObjectXml.Owner("Owner", call.Signed.Principal) : null,
        new XElement("StorageClass", item.StorageClass));

    private static string WriteToken(string last) => Convert.ToBase64String(Encoding.UTF8.GetBytes(last));

    private static string ReadToken(string token)
    {
        var bytes = new byte[token.Length];
        return Convert.TryFromBase64String(token, bytes, out var length) && length > 0
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : throw S3Errors.InvalidArgument("The continuation token provided is incorrect", "continuation-token", token);
    }
}
