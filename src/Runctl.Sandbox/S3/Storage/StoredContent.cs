using Runctl.Sandbox.S3.Checksums;

namespace Runctl.Sandbox.S3.Storage;

/// <summary>Content that came in whole and verified, on disk but under no key yet.</summary>
internal sealed record StoredContent(Segment Segment, byte[] Md5, ChecksumAlgorithm Algorithm, byte[] Checksum)
{
    /// <summary>The entity tag, without quotes.</summary>
    public string ETag => Convert.ToHexString(Md5).ToLowerInvariant();
}
