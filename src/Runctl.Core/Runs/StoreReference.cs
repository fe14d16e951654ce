using System.Text.Json.Serialization;
using Runctl.Configuration;

namespace Runctl.Runs;

/// <summary>Where a run keeps checkpoints (<paramref name="Prefix"/>) and records (<paramref name="RunPrefix"/>).</summary>
internal sealed record StoreReference(string Bucket, string Prefix, string RunPrefix)
{
    /// <summary>The encryption that new objects name, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sse { get; init; }

    /// <summary>The KMS key that new objects name, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? KmsKeyId { get; init; }

    /// <summary>As it is configured; null without a bucket.</summary>
    public static StoreReference? Of(RunctlConfiguration configuration) =>
        configuration.S3Bucket is { } bucket ? new(bucket, configuration.S3Prefix.Trim('/'), configuration.RunPrefix.Trim('/'))
        {
            Sse = configuration.S3Encryption,
            KmsKeyId = configuration.S3KmsKeyId,
        } : null;

    /// <summary>With the encryption that is configured now; a run keeps its own if none is.</summary>
    public StoreReference WithEncryptionOf(RunctlConfiguration configuration) =>
        configuration.S3Encryption is null ? this : this with { Sse = configuration.S3Encryption, KmsKeyId = configuration.S3KmsKeyId };
}
