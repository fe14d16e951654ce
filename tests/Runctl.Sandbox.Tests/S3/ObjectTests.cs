using System.Net;
using Amazon.S3;
using Amazon.S3.Model;

namespace Runctl.Sandbox.Tests.S3;

public sealed class ObjectTests : IAsyncDisposable
{
    private readonly AwsServer _server = new();
    private readonly AmazonS3Client _client;

    public ObjectTests() => _client = _server.Client();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("plain.txt")]
    [InlineData("a/b//c")]
    [InlineData("../../etc/passwd")]
    [InlineData("a/../b/./c")]
    [InlineData("with space+plus%25&?#=;:@!$'()*,[]\"<>\\|^`{}~")]
    [InlineData("Prüfpunkt-检查点-🚀")]
    [InlineData("trailing/")]
    public async Task An_object_comes_back_as_it_was_put_whatever_its_key(string key)
    {
        await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = key, ContentBody = "content" }, Token);

        using var got = await _client.GetObjectAsync(AwsServer.Bucket, key, Token);
        using var reader = new StreamReader(got.ResponseStream);
        Assert.Equal("content", await reader.ReadToEndAsync(Token));
        var listed = await _client.ListObjectsV2Async(new() { BucketName = AwsServer.Bucket }, Token);
        Assert.Equal(key, Assert.Single(listed.S3Objects).Key);
        Assert.Equal(1, _server.Files);
    }

    [Fact]
    public async Task Metadata_and_content_headers_are_kept()
    {
        var put = new PutObjectRequest { BucketName = AwsServer.Bucket, Key = "k", ContentBody = "{}", ContentType = "application/json" };
        put.Metadata.Add("run", "digits-1");
        put.Headers.CacheControl = "no-store";
        await _client.PutObjectAsync(put, Token);

        var head = await _client.GetObjectMetadataAsync(AwsServer.Bucket, "k", Token);

        Assert.Equal("application/json", head.Headers.ContentType);
        Assert.Equal("digits-1", head.Metadata["run"]);
        Assert.Equal("no-store", head.Headers.CacheControl);
        Assert.Equal(2, head.ContentLength);
        Assert.Null(head.Headers.ContentEncoding);
    }

    [Fact]
    public async Task An_empty_object_is_an_object()
    {
        await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "empty", ContentBody = "" }, Token);

        var head = await _client.GetObjectMetadataAsync(AwsServer.Bucket, "empty", Token);

        Assert.Equal(0, head.ContentLength);
        Assert.Equal("\"d41d8cd98f00b204e9800998ecf8427e\"", head.ETag);
    }

    [Theory]
    [InlineData(2, 5, "cdef")]
    [InlineData(0, 0, "a")]
    [InlineData(6, 100, "ghij")]
    public async Task A_range_gives_its_bytes(long first, long last, string expected)
    {
        await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "k", ContentBody = "abcdefghij" }, Token);

        using var got = await _client.GetObjectAsync(
            new() { BucketName = AwsServer.Bucket, Key = "k", ByteRange = new ByteRange(first, last) }, Token);

        using var reader = new StreamReader(got.ResponseStream);
        Assert.Equal(expected, await reader.ReadToEndAsync(Token));
        Assert.Equal(HttpStatusCode.PartialContent, got.HttpStatusCode);
    }

    [Fact]
    public async Task A_range_beyond_the_end_is_416()
    {
        await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "k", ContentBody = "abc" }, Token);

        var error = await Assert.ThrowsAsync<AmazonS3Exception>(() => _client.GetObjectAsync(
            new() { BucketName = AwsServer.Bucket, Key = "k", ByteRange = new ByteRange(3, 9) }, Token));

        Assert.Equal("InvalidRange", error.ErrorCode);
    }

    [Fact]
    public async Task A_missing_key_is_404_and_a_missing_bucket_too()
    {
        var key = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => _client.GetObjectAsync(AwsServer.Bucket, "none", Token));
        var bucket = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => _client.GetObjectAsync("none-such", "none", Token));
        var head = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => _client.GetObjectMetadataAsync(AwsServer.Bucket, "none", Token));

        Assert.Equal("NoSuchKey", key.ErrorCode);
        Assert.Equal("NoSuchBucket", bucket.ErrorCode);
        Assert.Equal(HttpStatusCode.NotFound, head.StatusCode);
        Assert.NotEmpty(key.RequestId);
    }

    [Fact]
    public async Task An_overwritten_object_leaves_no_file_and_a_running_read_goes_on()
    {
        var first = new string('a', 3_000_000);
        await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "k", ContentBody = first }, Token);
        using var got = await _client.GetObjectAsync(AwsServer.Bucket, "k", Token);

        await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "k", ContentBody = "b" }, Token);

        using var reader = new StreamReader(got.ResponseStream);
        Assert.Equal(first, await reader.ReadToEndAsync(Token));
        Assert.Equal(1, _server.Files);
    }

    [Fact]
    public async Task A_copy_has_the_content_and_the_metadata_or_new_ones()
    {
        var put = new PutObjectRequest { BucketName = AwsServer.Bucket, Key = "dir/a b+ü", ContentBody = "x" };
        put.Metadata.Add("run", "1");
        await _client.PutObjectAsync(put, Token);

        await _client.CopyObjectAsync(AwsServer.Bucket, "dir/a b+ü", AwsServer.Bucket, "copy", Token);
        var replacing = new CopyObjectRequest
        {
            SourceBucket = AwsServer.Bucket, SourceKey = "copy", DestinationBucket = AwsServer.Bucket, DestinationKey = "copy",
            MetadataDirective = S3MetadataDirective.REPLACE,
        };
        replacing.Metadata.Add("run", "2");
        var before = await _client.GetObjectMetadataAsync(AwsServer.Bucket, "copy", Token);
        await _client.CopyObjectAsync(replacing, Token);
        var after = await _client.GetObjectMetadataAsync(AwsServer.Bucket, "copy", Token);

        Assert.Equal("1", before.Metadata["run"]);
        Assert.Equal("2", after.Metadata["run"]);
        Assert.Equal(1, after.ContentLength);
    }

    [Fact]
    public async Task Deleting_is_done_for_one_and_for_many_and_again()
    {
        foreach (var key in new[] { "a", "b & c", "d" })
        {
            await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = key, ContentBody = key }, Token);
        }

        await _client.DeleteObjectAsync(AwsServer.Bucket, "a", Token);
        await _client.DeleteObjectAsync(AwsServer.Bucket, "a", Token);
        var many = await _client.DeleteObjectsAsync(new()
        {
            BucketName = AwsServer.Bucket, Objects = [new() { Key = "b & c" }, new() { Key = "d" }, new() { Key = "none" }],
        }, Token);

        Assert.Equal(3, many.DeletedObjects.Count);
        Assert.Equal(0, _server.Files);
    }

    [Fact]
    public async Task An_operation_that_is_not_there_says_so_and_changes_nothing()
    {
        await _client.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "k", ContentBody = "kept" }, Token);

        var error = await Assert.ThrowsAsync<AmazonS3Exception>(() => _client.PutObjectTaggingAsync(new()
        {
            BucketName = AwsServer.Bucket, Key = "k", Tagging = new() { TagSet = [new() { Key = "a", Value = "b" }] },
        }, Token));

        Assert.Equal((HttpStatusCode.NotImplemented, "NotImplemented"), (error.StatusCode, error.ErrorCode));
        Assert.Contains("PUT key?tagging", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, (await _client.GetObjectMetadataAsync(AwsServer.Bucket, "k", Token)).ContentLength);
    }

    [Fact]
    public async Task Temporary_credentials_work_until_they_end()
    {
        var session = _server.Credentials.CreateSession(AwsServer.Principal, TimeSpan.FromHours(1));
        var ended = _server.Credentials.CreateSession(AwsServer.Principal, TimeSpan.Zero);
        using var good = _server.Client(session);
        using var expired = _server.Client(ended);
        using var wrong = _server.Client(session with { SessionToken = "other" });

        await good.PutObjectAsync(new() { BucketName = AwsServer.Bucket, Key = "k", ContentBody = "x" }, Token);

        Assert.Equal("ExpiredToken", await CodeAsync(expired));
        Assert.Equal("InvalidToken", await CodeAsync(wrong));
    }

    private static async Task<string> CodeAsync(AmazonS3Client client) => (await Assert.ThrowsAnyAsync<AmazonS3Exception>(
        () => client.GetObjectAsync(AwsServer.Bucket, "k", Token))).ErrorCode;
}
