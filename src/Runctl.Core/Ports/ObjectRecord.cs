namespace Runctl.Ports;

/// <summary>An object in S3.</summary>
/// <param name="Key">Key.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="ETag">Entity tag, for conditional writes.</param>
/// <param name="LastModified">When it was written, UTC.</param>
public sealed record ObjectRecord(string Key, long Size, string? ETag, DateTimeOffset LastModified);
