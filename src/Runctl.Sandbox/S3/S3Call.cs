using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3.Checksums;
using Runctl.Sandbox.S3.Storage;
using Runctl.Sandbox.Signing;

namespace Runctl.Sandbox.S3;

/// <summary>One request on its way through an operation.</summary>
internal sealed class S3Call(HttpExchange exchange, SignedRequest signed, S3Address address, S3State state, string requestId)
{
    private const int DocumentLimit = 4 * 1024 * 1024;
    private const int MaxKeyBytes = 1024;

    /// <summary>The signed request.</summary>
    public SignedRequest Signed { get; } = signed;

    /// <summary>The request as it came.</summary>
    public HttpRequest Request => Signed.Request;

    /// <summary>Buckets, content and clock.</summary>
    public S3State State { get; } = state;

    /// <summary>The bucket's name; "" for requests about the account.</summary>
    public string BucketName { get; } = address.Bucket ?? "";

    /// <summary>The key; "" for requests about a bucket.</summary>
    public string Key { get; } = address.Key ?? "";

    /// <summary>A header, or what a presigned query has for it.</summary>
    public string? Option(string name) =>
        Request.Headers[name] ?? Request.Query
            .Where(pair => pair.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(pair => pair.Value).FirstOrDefault();

    /// <summary>A whole number of the query.</summary>
    /// <exception cref="S3Exception">It is not one.</exception>
    public int? QueryNumber(string name)
    {
        if (Request.QueryValue(name) is not { Length: > 0 } text)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw S3Errors.InvalidArgument($"Provided {name} not an integer or within integer range", name, text);
    }

    /// <summary>The bucket.</summary>
    /// <exception cref="S3Exception">
    /// It is not there, in another region than the request was signed for, or not the expected owner's.
    /// </exception>
    public Bucket Bucket()
    {
        var bucket = State.Buckets.Find(BucketName) ?? throw S3Errors.NoSuchBucket(BucketName);
        if (Option("x-amz-expected-bucket-owner") is { } owner && owner != Signed.Principal.Account)
        {
            throw S3Errors.AccessDenied();
        }

        return bucket.Region is null || bucket.Region == Signed.Scope.Region
            ? bucket
            : throw S3Errors.WrongRegion(Signed.Scope.Region, bucket.Region);
    }

    /// <summary>The bucket, for an operation that makes its key.</summary>
    /// <exception cref="S3Exception">The bucket is not there or the key is too long.</exception>
    public Bucket BucketForWrite()
    {
        var size = Encoding.UTF8.GetByteCount(Key);
        return size > MaxKeyBytes ? throw S3Errors.KeyTooLong(size) : Bucket();
    }

    /// <summary>The answer for a missing key: without the permission to list, S3 does not say that it is missing.</summary>
    public S3Exception Missing(string key) =>
        State.Access.Allows(Signed.Principal, S3Access.Missing(BucketName, key)) ? S3Errors.NoSuchKey(key) : S3Errors.AccessDenied();

    /// <summary>Reads and verifies a small document in the body; empty where there is none.</summary>
    public async Task<(byte[] Document, ChecksumDeclaration Declared)> ReadDocumentAsync(CancellationToken ct)
    {
        var declared = ChecksumDeclaration.Read(Option);
        using var digest = new ContentDigest(declared);
        using var document = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await Signed.Body.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and var count)
        {
            digest.Append(buffer.AsSpan(0, count));
            document.Write(buffer, 0, count);
            if (document.Length > DocumentLimit)
            {
                throw S3Errors.MalformedXml();
            }
        }

        digest.Finish(Signed.Trailers);
        return (document.ToArray(), declared);
    }

    /// <summary>Answers with a document.</summary>
    public Task RespondAsync(XElement document, CancellationToken ct) => RespondAsync(document, [], ct);

    /// <summary>Answers with a document and further headers.</summary>
    public Task RespondAsync(
        XElement document, IEnumerable<KeyValuePair<string, string>> headers, CancellationToken ct) =>
        exchange.RespondAsync(200, Headers([new("Content-Type", "application/xml"), .. headers]), S3Xml.Write(document), ct);

    /// <summary>Answers without a body.</summary>
    public Task RespondAsync(int status, IEnumerable<KeyValuePair<string, string>> headers, CancellationToken ct) =>
        exchange.RespondAsync(status, Headers(headers), ReadOnlyMemory<byte>.Empty, ct);

    /// <summary>Answers with content.</summary>
    public Task RespondAsync(
        int status, HttpHeaders headers, long length, Func<Stream, CancellationToken, Task> write, CancellationToken ct) =>
        exchange.RespondAsync(status, Headers(headers), length, write, ct);

    private HttpHeaders Headers(IEnumerable<KeyValuePair<string, string>> more)
    {
        var headers = S3Service.Identification(requestId);
        foreach (var (name, value) in more)
        {
            headers.Add(name, value);
        }

        return headers;
    }
}
