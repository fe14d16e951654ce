using Runctl.Configuration;

namespace Runctl.Runs;

/// <summary>Where a run keeps checkpoints (<paramref name="Prefix"/>) and records (<paramref name="RunPrefix"/>).</summary>
internal sealed record StoreReference(string Bucket, string Prefix, string RunPrefix)
{
    /// <summary>As it is configured; null without a bucket.</summary>
    public static StoreReference? Of(RunctlConfiguration configuration) =>
        configuration.S3Bucket is { } bucket ? new(bucket, configuration.S3Prefix.Trim('/'), configuration.RunPrefix.Trim('/')) : null;
}
