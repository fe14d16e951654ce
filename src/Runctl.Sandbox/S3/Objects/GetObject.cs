using System.Globalization;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Objects;

/// <summary>GetObject and HeadObject, which differ in nothing but the body.</summary>
internal static class GetObject
{
    private static readonly string[] Overridable =
        ["Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Expires"];

    /// <summary>Answers with an object, or a part of it.</summary>
    public static async Task HandleAsync(S3Call call, CancellationToken ct)
    {
        if (call.Request.Method == "HEAD")
        {
            var known = call.Bucket().Find(call.Key) ?? throw call.Missing(call.Key);
            await RespondAsync(call, known, content: null, ct).ConfigureAwait(false);
            return;
        }

        var (found, content) = call.Bucket().Open(call.Key) ?? throw call.Missing(call.Key);
        using (content)
        {
            await RespondAsync(call, found, content, ct).ConfigureAwait(false);
        }
    }

    private static Task RespondAsync(S3Call call, StoredObject found, SegmentReader? content, CancellationToken ct)
    {
        ReadCondition.Check(found, call.Option);
        var part = call.QueryNumber("partNumber");
        var range = part is { } number ? PartRange(found, number) : ByteRange.Read(call.Request.Headers["Range"], found.Length);
        var headers = Headers(call, found, range);
        if (part is not null && found.IsMultipart)
        {
            headers.Add("x-amz-mp-parts-count", found.Segments.Count.ToString(CultureInfo.InvariantCulture));
        }

        var sent = range ?? new ByteRange(0, found.Length);
        return call.RespondAsync(
            range is null ? 200 : 206, headers, sent.Length,
            (target, token) => content?.CopyToAsync(target, sent.Offset, sent.Length, token) ?? Task.CompletedTask, ct);
    }

    private static HttpHeaders Headers(S3Call call, StoredObject found, ByteRange? range)
    {
        var described = ObjectMetadata.Describe(found);
        var headers = new HttpHeaders();
        foreach (var (name, value) in described.Where(field => Override(call, field.Key) is null))
        {
            headers.Add(name, value);
        }

        foreach (var name in Overridable)
        {
            headers.AddIfKnown(name, Override(call, name));
        }

        headers.AddIfKnown("Content-Range", range?.ContentRange(found.Length));
        // A checksum of the whole says nothing about a part of it.
        if (range is null && "ENABLED".Equals(call.Option("x-amz-checksum-mode"), StringComparison.OrdinalIgnoreCase))
        {
            foreach (var (name, value) in ObjectMetadata.Describe(found.Checksum))
            {
                headers.Add(name, value);
            }
        }

        return headers;
    }

    private static string? Override(S3Call call, string header) =>
        Overridable.Contains(header, StringComparer.OrdinalIgnoreCase)
            ? call.Request.QueryValue("response-" + header.ToLowerInvariant())
            : null;

    private static ByteRange? PartRange(StoredObject found, int part)
    {
        if (part < 1 || part > found.Segments.Count)
        {
            throw S3Errors.InvalidRange("part " + part.ToString(CultureInfo.InvariantCulture), found.Length);
        }

        return found.Length == 0
            ? null
            : new ByteRange(found.Segments.Take(part - 1).Sum(segment => segment.Length), found.Segments[part - 1].Length);
    }
}
