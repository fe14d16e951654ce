using System.Globalization;
using System.Text;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3.Checksums;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Objects;

/// <summary>The headers of an object: which are kept at a write and given back at a read.</summary>
internal static class ObjectMetadata
{
    private const string UserPrefix = "x-amz-meta-";
    private const int MaxUserBytes = 2048;

    private static readonly string[] Kept =
        ["Cache-Control", "Content-Disposition", "Content-Language", "Content-Type", "Expires", "x-amz-storage-class",
            "x-amz-website-redirect-location"];

    /// <summary>Takes the headers to keep from a write.</summary>
    /// <exception cref="S3Exception">The user's own ones are too large.</exception>
    public static HttpHeaders Read(HttpRequest request)
    {
        var metadata = new HttpHeaders();
        foreach (var name in Kept)
        {
            metadata.AddIfKnown(name, request.Headers[name]);
        }

        if (!metadata.Contains("Content-Type"))
        {
            metadata.Add("Content-Type", "binary/octet-stream");
        }

        metadata.AddIfKnown("Content-Encoding", ContentEncoding(request.Headers["Content-Encoding"]));
        var size = 0;
        foreach (var name in request.Headers.Select(field => field.Key.ToLowerInvariant()).Where(IsUsers).Distinct())
        {
            var value = request.Headers[name]!;
            size += Encoding.UTF8.GetByteCount(name) - UserPrefix.Length + Encoding.UTF8.GetByteCount(value);
            metadata.Add(name, value);
        }

        return size > MaxUserBytes ? throw S3Errors.MetadataTooLarge(size) : metadata;
    }

    /// <summary>The headers that describe an object.</summary>
    public static HttpHeaders Describe(StoredObject value)
    {
        var headers = new HttpHeaders
        {
            { "ETag", ObjectXml.Quote(value.ETag) },
            { "Last-Modified", value.Modified.ToUniversalTime().ToString("R", CultureInfo.InvariantCulture) },
            { "Accept-Ranges", "bytes" },
        };
        foreach (var (name, text) in value.Metadata)
        {
            headers.Add(name, text);
        }

        return headers;
    }

    /// <summary>The headers of a checksum.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Describe(StoredChecksum checksum) =>
        [new(checksum.Algorithm.Header, checksum.Value), new("x-amz-checksum-type", checksum.Type)];

    private static bool IsUsers(string name) => name.StartsWith(UserPrefix, StringComparison.Ordinal);

    // aws-chunked is a matter between client and S3 and not kept.
    private static string? ContentEncoding(string? value)
    {
        var codings = (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(coding => coding != "aws-chunked");
        return string.Join(',', codings) is { Length: > 0 } kept ? kept : null;
    }
}
