namespace Runctl.Sandbox.S3.Storage;

/// <summary>A file that is an object's content or one part of it.</summary>
internal sealed record Segment(string Path, long Length);
