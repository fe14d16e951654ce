namespace Runctl.Checkpoints;

/// <summary>One file of a checkpoint.</summary>
/// <param name="Path">Path below the checkpoint directory, with forward slashes.</param>
/// <param name="Key">Key of the object.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="Crc32">CRC32 of the whole file, base64 as in <c>x-amz-checksum-crc32</c>.</param>
public sealed record CheckpointFile(string Path, string Key, long Size, string Crc32);
