using Runctl.Sandbox.S3.Buckets;
using Runctl.Sandbox.S3.Checksums;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Objects;

/// <summary>PutObject.</summary>
internal static class PutObject
{
    /// <summary>Puts an object under its key.</summary>
    public static async Task HandleAsync(S3Call call, CancellationToken ct)
    {
        var bucket = call.BucketForWrite();
        var condition = WriteCondition.Read(call.Option);
        var metadata = WriteRules.WithEncryption(call, bucket.Rules, ObjectMetadata.Read(call.Request));
        var declared = ChecksumDeclaration.Read(call.Option);
        WriteRules.DemandChecksum(bucket.Rules, declared, "Put Object");
        using var digest = new ContentDigest(declared);
        CheckLength(call);
        var begun = bucket.Begin(call.Key, condition);
        var content = WriteRules.Veiled(
            await call.State.Content.WriteAsync(call.Signed.Body, call.Signed.Trailers, digest, ct).ConfigureAwait(false), metadata);
        var written = new StoredObject(call.Key, content.ETag, call.State.Clock.GetUtcNow(), [content.Segment],
            IsMultipart: false, metadata, StoredChecksum.Of(content.Algorithm, content.Checksum));
        Commit(bucket, written, condition, begun);
        await call.RespondAsync(
            200, [new("ETag", ObjectXml.Quote(written.ETag)), .. ObjectMetadata.Describe(written.Checksum), .. WriteRules.Describe(metadata)], ct)
            .ConfigureAwait(false);
    }

    /// <summary>Demands a length that is known before the content comes, and allowed.</summary>
    /// <exception cref="S3Exception">It is not.</exception>
    public static void CheckLength(S3Call call)
    {
        // A request without either header has an empty body in HTTP, and is refused by S3.
        var length = call.Request.Headers.Contains("Content-Length") || call.Request.Headers.Contains("Transfer-Encoding")
            ? call.Signed.ContentLength
            : null;
        if (length is not { } known)
        {
            throw S3Errors.MissingContentLength();
        }

        if (known > ContentStore.MaxLength)
        {
            throw S3Errors.EntityTooLarge(known, ContentStore.MaxLength);
        }
    }

    /// <summary>Makes an object visible, or removes its content where that is refused.</summary>
    public static void Commit(Bucket bucket, StoredObject written, WriteCondition condition, long begun)
    {
        try
        {
            bucket.Put(written, condition, begun);
        }
        catch (S3Exception)
        {
            ContentStore.Delete(written.Segments);
            throw;
        }
    }
}
