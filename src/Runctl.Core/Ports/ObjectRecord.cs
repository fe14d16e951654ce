namespace Runctl.Ports;

/// <summary>An object in S3.</summary>
/// <param name="Key">Key.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="ETag">Entity tag, for conditional writes.</param>
/// <param name="LastModified">When it was written, UTC.</param>
/// <param name="Crc32">CRC32 of the whole object, base64, where it was asked for and S3 has it, else null.</param>
public sealed record ObjectRecord(string Key, long Size, string? ETag, DateTimeOffset LastModified, string? Crc32 = null);
