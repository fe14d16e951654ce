using System.Xml.Linq;
using Runctl.Sandbox.S3.Buckets;
using Runctl.Sandbox.S3.Checksums;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Objects;

/// <summary>CopyObject.</summary>
internal static class CopyObject
{
    /// <summary>Copies an object; the copy is one piece even where its source came in parts.</summary>
    public static async Task HandleAsync(S3Call call, CancellationToken ct)
    {
        var bucket = call.BucketForWrite();
        var condition = WriteCondition.Read(call.Option);
        var begun = bucket.Begin(call.Key, condition);
        var (source, reader) = CopySource.Open(call);
        using (reader)
        {
            var replaces = "REPLACE".Equals(call.Option("x-amz-metadata-directive"), StringComparison.OrdinalIgnoreCase);
            if (!replaces && bucket.Find(call.Key) == source && call.Option("x-amz-storage-class") is null)
            {
                throw S3Errors.InvalidRequest("This copy request is illegal because it is trying to copy an object to itself "
                    + "without changing the object's metadata, storage class, website redirect location or encryption attributes.");
            }

            var algorithm = ChecksumAlgorithm.Find(call.Option("x-amz-checksum-algorithm")) ?? source.Checksum.Algorithm;
            using var digest = new ContentDigest(ChecksumDeclaration.None, algorithm);
            var metadata = WriteRules.WithEncryption(call, bucket.Rules, replaces ? ObjectMetadata.Read(call.Request) : source.Metadata);
            var content = WriteRules.Veiled(
                await call.State.Content.WriteAsync((target, token) => reader.CopyToAsync(target, 0, source.Length, token), [], digest, ct).ConfigureAwait(false), metadata);
            var copy = new StoredObject(call.Key, content.ETag, call.State.Clock.GetUtcNow(), [content.Segment],
                IsMultipart: false, metadata,
                StoredChecksum.Of(content.Algorithm, content.Checksum));
            PutObject.Commit(bucket, copy, condition, begun);
            await call.RespondAsync(Result("CopyObjectResult", copy.ETag, copy.Modified, copy.Checksum), ct).ConfigureAwait(false);
        }
    }

    /// <summary>The answer, which for a copied part has another root.</summary>
    public static XElement Result(string root, string etag, DateTimeOffset modified, StoredChecksum checksum) => new(root,
        new XElement("ETag", ObjectXml.Quote(etag)),
        new XElement("LastModified", ObjectXml.Time(modified)),
        new XElement("ChecksumType", checksum.Type),
        new XElement(checksum.Algorithm.Element, checksum.Value));
}
