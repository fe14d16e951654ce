using System.Globalization;
using System.Security.Cryptography;
using Runctl.Sandbox.S3.Checksums;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Multipart;

/// <summary>Makes one object of an upload's parts. Nothing is copied: the object's content is the parts' files in order.</summary>
internal static class UploadAssembly
{
    private const long MinPartSize = 5 * 1024 * 1024;

    /// <summary>Checks the client's list against the parts that are there.</summary>
    /// <exception cref="S3Exception">A part is missing, altered, out of order or too small.</exception>
    public static IReadOnlyList<UploadedPart> Select(MultipartUpload upload, IReadOnlyList<CompletedPart> listed)
    {
        if (listed.Zip(listed.Skip(1)).Any(pair => pair.First.Number >= pair.Second.Number))
        {
            throw S3Errors.InvalidPartOrder(upload.Id);
        }

        var parts = listed.Select(part => Match(upload, part)).ToList();
        foreach (var part in parts.SkipLast(1).Where(part => part.Content.Segment.Length < MinPartSize))
        {
            throw S3Errors.EntityTooSmall(part.Number, part.Content.Segment.Length, MinPartSize, part.Content.ETag);
        }

        return parts;
    }

    /// <summary>Puts the object together.</summary>
    public static StoredObject Assemble(MultipartUpload upload, IReadOnlyList<UploadedPart> parts, DateTimeOffset now)
    {
        var etag = ChecksumOfMd5(parts) + "-" + parts.Count.ToString(CultureInfo.InvariantCulture);
        return new StoredObject(upload.Key, etag, now, parts.Select(part => part.Content.Segment).ToList(),
            IsMultipart: true, upload.Metadata, Checksum(upload, parts));
    }

    private static UploadedPart Match(MultipartUpload upload, CompletedPart listed)
    {
        if (!upload.Parts.TryGetValue(listed.Number, out var part) || part.Content.ETag != listed.ETag)
        {
            throw S3Errors.InvalidPart(upload.Id, listed.Number);
        }

        if (upload.ChosenAlgorithm is { } chosen && upload.ChecksumType == StoredChecksum.Composite
            && !listed.Checksums.ContainsKey(chosen))
        {
            throw S3Errors.InvalidRequest($"The upload was created using a {chosen.Name.ToLowerInvariant()} checksum. The "
                + "complete request must include the checksum for each part. It was missing for part "
                + $"{listed.Number.ToString(CultureInfo.InvariantCulture)} in the request.");
        }

        var actual = Convert.ToBase64String(part.Content.Checksum);
        return listed.Checksums.TryGetValue(part.Content.Algorithm, out var declared) && declared != actual
            ? throw S3Errors.InvalidPart(upload.Id, listed.Number)
            : part;
    }

    private static string ChecksumOfMd5(IReadOnlyList<UploadedPart> parts)
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        foreach (var part in parts)
        {
            md5.AppendData(part.Content.Md5);
        }

        return Convert.ToHexString(md5.GetHashAndReset()).ToLowerInvariant();
    }

    private static StoredChecksum Checksum(MultipartUpload upload, IReadOnlyList<UploadedPart> parts) =>
        upload.ChecksumType == StoredChecksum.FullObject
            ? StoredChecksum.OfWhole(upload.Algorithm,
                parts.Select(part => (part.Content.Checksum, part.Content.Segment.Length)))
            : StoredChecksum.OfParts(upload.Algorithm, parts.Select(part => part.Content.Checksum).ToList());
}
