using System.Security.Cryptography;
using System.Xml.Linq;
using Runctl.Sandbox.S3.Buckets;
using Runctl.Sandbox.S3.Checksums;
using Runctl.Sandbox.S3.Objects;
using Runctl.Sandbox.S3.Storage;

namespace Runctl.Sandbox.S3.Multipart;

/// <summary>CreateMultipartUpload.</summary>
internal static class CreateUpload
{
    private const string IdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

    /// <summary>Begins an upload.</summary>
    public static async Task HandleAsync(S3Call call, CancellationToken ct)
    {
        var bucket = call.BucketForWrite();
        var (algorithm, type) = Checksum(call.Option("x-amz-checksum-algorithm"), call.Option("x-amz-checksum-type"));
        var upload = new MultipartUpload(
            RandomNumberGenerator.GetString(IdAlphabet, 96), call.Key, call.State.Clock.GetUtcNow(),
            WriteRules.WithEncryption(call, bucket.Rules, ObjectMetadata.Read(call.Request)), algorithm, type);
        bucket.Uploads.Add(upload);
        await call.RespondAsync(
            new XElement("InitiateMultipartUploadResult",
                new XElement("Bucket", bucket.Name), new XElement("Key", call.Key), new XElement("UploadId", upload.Id)),
            algorithm is null ? [] : [new("x-amz-checksum-algorithm", algorithm.Name), new("x-amz-checksum-type", type)],
            ct).ConfigureAwait(false);
    }

    private static (ChecksumAlgorithm? Algorithm, string Type) Checksum(string? name, string? type)
    {
        if (name is null)
        {
            return type is null
                ? (null, StoredChecksum.FullObject)
                : throw S3Errors.InvalidRequest(
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
        }

        var algorithm = ChecksumAlgorithm.Find(name)
            ?? throw S3Errors.InvalidRequest("Checksum algorithm provided is unsupported. Please try again with any of the "
                + "valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
        var standard = algorithm == ChecksumAlgorithm.Crc64Nvme ? StoredChecksum.FullObject : StoredChecksum.Composite;
        var possible = type switch
        {
            null => true,
            StoredChecksum.FullObject => algorithm.Crc is not null,
            StoredChecksum.Composite => algorithm != ChecksumAlgorithm.Crc64Nvme,
            _ => throw S3Errors.InvalidRequest("Value for x-amz-checksum-type header is invalid."),
        };
        return possible
            ? (algorithm, type ?? standard)
            : throw S3Errors.InvalidRequest($"The {type} checksum type cannot be used with the "
                + $"{algorithm.Name.ToLowerInvariant()} checksum algorithm.");
    }
}
