using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;
using Runctl.Errors;
using Runctl.Ports;

namespace Runctl.Adapters.Aws;

/// <summary>S3 by its SDK client.</summary>
internal sealed class S3ObjectStore(Func<AmazonS3Client> client, AwsCloud cloud) : IObjectStore
{
    // The manifest of a hundred thousand files has a tenth of this; a log, a record and a specification have less.
    private const long LargestRead = 256 << 20;

    private readonly ServerSideEncryptionMethod? _encryption = cloud.Connection.Encryption is { } given ? ServerSideEncryptionMethod.FindValue(given.Method) : null;
    private readonly string? _kmsKeyId = cloud.Connection.Encryption?.KmsKeyId;

    /// <inheritdoc/>
    public async Task CheckBucketAsync(string bucket, string prefix, CancellationToken cancellationToken)
    {
        // The SDK follows a bucket into its region by itself, so a list that works does not say where the bucket is. HeadBucket would need the right to list all of it.
        await CallAsync("ListObjectsV2", bucket, prefix, c => c.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket, Prefix = prefix, MaxKeys = 1 }, cancellationToken), cancellationToken).ConfigureAwait(false);
        var location = await CallAsync("GetBucketLocation", bucket, "", c => c.GetBucketLocationAsync(new GetBucketLocationRequest { BucketName = bucket }, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (RegionOf(location) is var region && region != cloud.Region)
        {
            throw RunctlErrors.BucketElsewhere(bucket, region, cloud.Region);
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectRecord> ListAsync(string bucket, string prefix, CancellationToken cancellationToken) =>
        ListAsync(new ListObjectsV2Request { BucketName = bucket, Prefix = prefix }, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectRecord> ListAfterAsync(string bucket, string prefix, string after, CancellationToken cancellationToken) =>
        ListAsync(new ListObjectsV2Request { BucketName = bucket, Prefix = prefix, StartAfter = after }, cancellationToken);

    private async IAsyncEnumerable<ObjectRecord> ListAsync(ListObjectsV2Request request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in PagesAsync(request, cancellationToken).ConfigureAwait(false))
        {
            foreach (var item in page.S3Objects ?? [])
            {
                yield return new ObjectRecord(item.Key, item.Size ?? 0, item.ETag, new DateTimeOffset((item.LastModified ?? DateTime.UnixEpoch).ToUniversalTime()));
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListDirectoriesAsync(string bucket, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in PagesAsync(new ListObjectsV2Request { BucketName = bucket, Prefix = prefix, Delimiter = "/" }, cancellationToken).ConfigureAwait(false))
        {
            foreach (var directory in page.CommonPrefixes ?? [])
            {
                yield return directory;
            }
        }
    }

    /// <inheritdoc/>
    public Task<ObjectRecord?> FindAsync(string bucket, string key, CancellationToken cancellationToken) => FindOrNullAsync("HeadObject", bucket, key, async c =>
    {
        var head = await c.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = bucket, Key = key, ChecksumMode = ChecksumMode.ENABLED }, cancellationToken).ConfigureAwait(false);
        // A composite checksum is one of checksums, and says nothing of the whole.
        var crc = head.ChecksumType == ChecksumType.COMPOSITE ? null : head.ChecksumCRC32;
        return new ObjectRecord(key, head.ContentLength, head.ETag, new DateTimeOffset((head.LastModified ?? DateTime.UnixEpoch).ToUniversalTime()), crc);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectContent?> ReadAsync(string bucket, string key, CancellationToken cancellationToken) => FindOrNullAsync("GetObject", bucket, key, async c =>
    {
        using var answer = await c.GetObjectAsync(new GetObjectRequest { BucketName = bucket, Key = key }, cancellationToken).ConfigureAwait(false);
        if (answer.ContentLength > LargestRead)
        {
            throw RunctlErrors.RecordTooLarge($"s3://{bucket}/{key}", answer.ContentLength, LargestRead);
        }

        using var buffer = new MemoryStream();
        await answer.ResponseStream.CopyToAsync(buffer, cancellationToken).ConfigureAwait(false);
        return new ObjectContent(buffer.ToArray(), answer.ETag);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(string bucket, string key, long offset, long? length, CancellationToken cancellationToken) => FindOrNullAsync("GetObject", bucket, key, async c =>
    {
        var range = offset == 0 && length is null ? null : new ByteRange(offset, length is { } n ? offset + n - 1 : long.MaxValue);
        var answer = await c.GetObjectAsync(new GetObjectRequest { BucketName = bucket, Key = key, ByteRange = range }, cancellationToken).ConfigureAwait(false);
        return answer.ResponseStream;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> WriteAsync(string bucket, string key, ReadOnlyMemory<byte> content, WriteCondition condition, CancellationToken cancellationToken) => ConditionallyAsync("PutObject", bucket, key, condition, async c =>
    {
        using var body = new MemoryStream(content.ToArray(), writable: false);
        await c.PutObjectAsync(new PutObjectRequest
        {
            BucketName = bucket,
            Key = key,
            InputStream = body,
            ServerSideEncryptionMethod = _encryption,
            ServerSideEncryptionKeyManagementServiceKeyId = _kmsKeyId,
            ContentType = key.EndsWith(".json", StringComparison.Ordinal) ? "application/json" : "application/octet-stream",
            IfNoneMatch = condition.OnlyIfMissing ? "*" : null,
            IfMatch = condition.OnlyIfETag,
        }, cancellationToken).ConfigureAwait(false);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string bucket, string key, CancellationToken cancellationToken) =>
        CallAsync("DeleteObject", bucket, key, c => c.DeleteObjectAsync(new DeleteObjectRequest { BucketName = bucket, Key = key }, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> UploadAsync(string bucket, string key, string path, WriteCondition condition, CancellationToken cancellationToken) => ConditionallyAsync("PutObject", bucket, key, condition, async c =>
    {
        using var transfer = new TransferUtility(c);
        await transfer.UploadAsync(new TransferUtilityUploadRequest
        {
            BucketName = bucket,
            Key = key,
            FilePath = path,
            ServerSideEncryptionMethod = _encryption,
            ServerSideEncryptionKeyManagementServiceKeyId = _kmsKeyId,
            IfNoneMatch = condition.OnlyIfMissing ? "*" : null,
            IfMatch = condition.OnlyIfETag,
        }, cancellationToken).ConfigureAwait(false);
    }, cancellationToken);

    private async IAsyncEnumerable<ListObjectsV2Response> PagesAsync(ListObjectsV2Request request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        do
        {
            var page = await CallAsync("ListObjectsV2", request.BucketName, request.Prefix ?? "", c => c.ListObjectsV2Async(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            yield return page;
            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
    }

    private async Task<T?> FindOrNullAsync<T>(string operation, string bucket, string key, Func<AmazonS3Client, Task<T>> call, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await CallAsync(operation, bucket, key, call, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.ServiceErrorCode is "NoSuchKey" or "NotFound")
        {
            return null;
        }
    }

    private async Task<bool> ConditionallyAsync(string operation, string bucket, string key, WriteCondition condition, Func<AmazonS3Client, Task> call, CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(operation, bucket, key, async c =>
            {
                await call(c).ConfigureAwait(false);
                return true;
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (condition != WriteCondition.Always && (e.InnerException as AmazonServiceException)?.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            return false;
        }
    }

    private async Task<T> CallAsync<T>(string operation, string bucket, string key, Func<AmazonS3Client, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await AwsErrors.CallAsync("S3", operation, cloud.EndpointName, () => call(client()), cancellationToken).ConfigureAwait(false);
        }
        catch (RunctlException e) when (e.ServiceErrorCode == "NoSuchBucket")
        {
            throw RunctlErrors.BucketNotFound(bucket, e, cloud.Connection.EndpointUrl);
        }
        catch (RunctlException e) when (e.ServiceErrorCode is "AccessDenied" or "Forbidden")
        {
            throw RunctlErrors.BucketForbidden(operation, bucket, key, e);
        }
        catch (RunctlException e) when (e.ServiceErrorCode is "AuthorizationHeaderMalformed" or "PermanentRedirect" or "MovedPermanently")
        {
            var region = await FindRegionAsync(bucket).ConfigureAwait(false);
            throw region == cloud.Region ? e : RunctlErrors.BucketElsewhere(bucket, region, cloud.Region, e);
        }
    }

    /// <summary>The oldest region and the oldest name of another are written in ways of their own.</summary>
    private static string RegionOf(GetBucketLocationResponse location) =>
        location.Location?.Value switch { null or "" or "US" => "us-east-1", "EU" => "eu-west-1", var region => region };

    private async Task<string> FindRegionAsync(string bucket)
    {
        try
        {
            return RegionOf(await client().GetBucketLocationAsync(new GetBucketLocationRequest { BucketName = bucket }).ConfigureAwait(false));
        }
        catch (AmazonServiceException)
        {
            return "another region";
        }
    }
}
