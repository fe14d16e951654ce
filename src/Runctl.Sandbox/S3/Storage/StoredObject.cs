using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3.Checksums;

namespace Runctl.Sandbox.S3.Storage;

/// <summary>What a key stands for; it is replaced, never changed.</summary>
/// <param name="Key">Its name.</param>
/// <param name="ETag">The entity tag, without quotes.</param>
/// <param name="Modified">When it became visible.</param>
/// <param name="Segments">Its content in order; one for each part of a multipart upload.</param>
/// <param name="IsMultipart">Whether it was uploaded in parts.</param>
/// <param name="Metadata">The headers that are kept and given back.</param>
/// <param name="Checksum">The additional checksum.</param>
internal sealed record StoredObject(
    string Key, string ETag, DateTimeOffset Modified, IReadOnlyList<Segment> Segments, bool IsMultipart,
    HttpHeaders Metadata, StoredChecksum Checksum)
{
    /// <summary>Size in bytes.</summary>
    public long Length { get; } = Segments.Sum(segment => segment.Length);

    /// <summary>The storage class it was asked to be in; it makes no difference here.</summary>
    public string StorageClass => Metadata["x-amz-storage-class"] ?? "STANDARD";
}
