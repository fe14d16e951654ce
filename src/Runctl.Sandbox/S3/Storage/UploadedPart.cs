namespace Runctl.Sandbox.S3.Storage;

/// <summary>One part of an unfinished upload.</summary>
internal sealed record UploadedPart(int Number, StoredContent Content, DateTimeOffset Modified);
