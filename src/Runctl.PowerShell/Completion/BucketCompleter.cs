namespace Runctl.PowerShell.Completion;

/// <summary>Completes names of buckets: the configured one and those this session has seen. S3 is not asked: no policy of Runctl lets a person list all buckets of an account.</summary>
internal sealed class BucketCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope) =>
        (scope.Configuration.S3Bucket is { } bucket ? [Name(bucket, "s3_bucket of the settings in force")] : Enumerable.Empty<KeyValuePair<string, string>>()).Concat(scope.Known.Buckets);
}
