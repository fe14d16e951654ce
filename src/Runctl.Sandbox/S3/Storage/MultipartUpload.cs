using Runctl.Sandbox.Http;
using Runctl.Sandbox.S3.Checksums;

namespace Runctl.Sandbox.S3.Storage;

/// <summary>An upload in parts: its parts stay, and cost, until it is completed or aborted.</summary>
/// <param name="Id">Its name, which only its creator and those who list uploads know.</param>
/// <param name="Key">Where it will be.</param>
/// <param name="Initiated">When it began.</param>
/// <param name="Metadata">The headers the object will have.</param>
/// <param name="ChosenAlgorithm">The checksum the client chose, or null.</param>
/// <param name="ChecksumType">FULL_OBJECT or COMPOSITE.</param>
internal sealed record MultipartUpload(
    string Id, string Key, DateTimeOffset Initiated, HttpHeaders Metadata, ChecksumAlgorithm? ChosenAlgorithm,
    string ChecksumType)
{
    /// <summary>The checksum in use.</summary>
    public ChecksumAlgorithm Algorithm => ChosenAlgorithm ?? ChecksumAlgorithm.Crc64Nvme;

    /// <summary>The parts by number; guarded by the table the upload is in.</summary>
    public SortedDictionary<int, UploadedPart> Parts { get; } = [];
}
