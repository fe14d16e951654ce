using Amazon.S3;
using Amazon.S3.Model;

namespace Runctl.Sandbox.Tests.S3;

/// <summary>Buckets that demand something of writes, as S3 answers for them.</summary>
public sealed class BucketRuleTests : IAsyncDisposable
{
    private const string Locked = "locked";
    private const string Coded = "coded";
    private const string Key = "arn:aws:kms:us-east-1:123456789012:key/1";

    private readonly AwsServer _server = new();
    private readonly AmazonS3Client _client;

    public BucketRuleTests()
    {
        _server.S3.CreateBucket(Locked, null, new SandboxBucketRules { ObjectLock = true });
        _server.S3.CreateBucket(Coded, null, new SandboxBucketRules { Encryption = "aws:kms", KmsKeyId = Key });
        _client = _server.Client();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task With_Object_Lock_content_without_a_checksum_is_refused()
    {
        using var bare = _server.Client(configure: config => config.RequestChecksumCalculation = Amazon.Runtime.RequestChecksumCalculation.WHEN_REQUIRED);
        var refused = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => bare.PutObjectAsync(new() { BucketName = Locked, Key = "k", ContentBody = "x" }, Token));
        Assert.Equal(("InvalidRequest", 400), (refused.ErrorCode, (int)refused.StatusCode));
        Assert.StartsWith("Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests", refused.Message, StringComparison.Ordinal);

        var upload = await bare.InitiateMultipartUploadAsync(new() { BucketName = Locked, Key = "k" }, Token);
        using var part = new MemoryStream([1]);
        refused = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => bare.UploadPartAsync(new() { BucketName = Locked, Key = "k", UploadId = upload.UploadId, PartNumber = 1, InputStream = part }, Token));
        Assert.Contains("for Put Part requests", refused.Message, StringComparison.Ordinal);

        await _client.PutObjectAsync(new() { BucketName = Locked, Key = "k", ContentBody = "x" }, Token);
    }

    [Fact]
    public async Task With_Object_Lock_a_deletion_is_a_marker()
    {
        await _client.PutObjectAsync(new() { BucketName = Locked, Key = "k", ContentBody = "x" }, Token);
        Assert.Equal("true", (await _client.DeleteObjectAsync(new() { BucketName = Locked, Key = "k" }, Token)).DeleteMarker);
        Assert.Empty((await _client.ListObjectsV2Async(new() { BucketName = Locked }, Token)).S3Objects ?? []);
        Assert.Null((await _client.DeleteObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "k" }, Token)).DeleteMarker);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("AES256", null)]
    [InlineData("aws:kms", null)]
    [InlineData("aws:kms", "another")]
    public async Task A_policy_refuses_new_objects_without_the_encryption_it_demands(string? method, string? key)
    {
        var refused = await Assert.ThrowsAsync<AmazonS3Exception>(() => PutAsync(Coded, method, key));
        Assert.Equal("AccessDenied", refused.ErrorCode);
        refused = await Assert.ThrowsAsync<AmazonS3Exception>(() => _client.InitiateMultipartUploadAsync(
            new() { BucketName = Coded, Key = "k", ServerSideEncryptionMethod = Method(method), ServerSideEncryptionKeyManagementServiceKeyId = key }, Token));
        Assert.Equal("AccessDenied", refused.ErrorCode);
        await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "source", ContentBody = "x" }, Token);
        refused = await Assert.ThrowsAsync<AmazonS3Exception>(() => _client.CopyObjectAsync(new()
        {
            SourceBucket = AwsServer.Bucket, SourceKey = "source", DestinationBucket = Coded, DestinationKey = "k",
            ServerSideEncryptionMethod = Method(method), ServerSideEncryptionKeyManagementServiceKeyId = key,
        }, Token));
        Assert.Equal("AccessDenied", refused.ErrorCode);
    }

    [Fact]
    public async Task What_names_it_is_stored_with_it_and_with_an_entity_tag_that_is_no_MD5()
    {
        var first = await PutAsync(Coded, "aws:kms", Key);
        var second = await PutAsync(Coded, "aws:kms", Key);
        Assert.NotEqual(first.ETag, second.ETag);
        var found = await _client.GetObjectMetadataAsync(new() { BucketName = Coded, Key = "k" }, Token);
        Assert.Equal(("aws:kms", Key, second.ETag), (found.ServerSideEncryptionMethod.Value, found.ServerSideEncryptionKeyManagementServiceKeyId, found.ETag));
        Assert.Equal((await PutAsync(AwsServer.Bucket, "AES256", null)).ETag, (await PutAsync(AwsServer.Bucket, "AES256", null)).ETag);
    }

    [Theory]
    [InlineData("rot13", null)]
    [InlineData("AES256", "key")]
    public async Task What_is_no_encryption_of_S3_is_refused_by_every_bucket(string method, string? key) =>
        Assert.Equal("InvalidArgument", (await Assert.ThrowsAsync<AmazonS3Exception>(() => PutAsync(AwsServer.Bucket, method, key))).ErrorCode);

    private static ServerSideEncryptionMethod? Method(string? name) => name is null ? null : ServerSideEncryptionMethod.FindValue(name);

    private Task<PutObjectResponse> PutAsync(string bucket, string? method, string? key) => _client.PutObjectAsync(
        new() { BucketName = bucket, Key = "k", ContentBody = "x", ServerSideEncryptionMethod = Method(method), ServerSideEncryptionKeyManagementServiceKeyId = key }, Token);
}
