namespace Runctl.Sandbox;

/// <summary>What a bucket of the sandbox demands of writes; nothing by default.</summary>
public sealed record SandboxBucketRules
{
    /// <summary>Object Lock with a default retention: writes must bring a checksum, and what is deleted stays as a version.</summary>
    public bool ObjectLock { get; init; }

    /// <summary>The value of x-amz-server-side-encryption without which a bucket policy refuses new objects; null for no such policy.</summary>
    public string? Encryption { get; init; }

    /// <summary>The key that new objects must name besides; null for any or none.</summary>
    public string? KmsKeyId { get; init; }
}
